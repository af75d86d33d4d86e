"""What benchmarks ask a cluster of a job: bytes between tasks, and failures; jobs of other names do not count."""

from typing import Any

from pipeline.runners.flink.rest import Cluster


def jobs(*those: tuple[str, str, str]) -> dict[str, Any]:
    return {"jobs": [{"jid": jid, "name": name, "state": state} for jid, name, state in those]}


def test_bytes_and_records_of_all_jobs_of_a_name_are_summed_up(rest: Any) -> None:
    rest.pages["/jobs/overview"] = jobs(
        ("a", "mine", "FINISHED"), ("b", "mine", "RUNNING"), ("c", "theirs", "FINISHED")
    )
    for jid, factor in (("a", 1), ("b", 10), ("c", 1000)):
        metrics = [{"write-bytes": 5 * factor, "write-records": 2 * factor}, {"write-bytes": 0, "write-records": 0}]
        rest.pages[f"/jobs/{jid}"] = {"vertices": [{"metrics": one} for one in metrics]}
    assert Cluster(rest.address).exchanged("mine") == {"bytes": 55, "records": 22}
    assert Cluster(rest.address).exchanged("nobody's") == {"bytes": 0, "records": 0}


def test_failures_are_counted_over_the_jobs_of_a_name(rest: Any) -> None:
    rest.pages["/jobs/overview"] = jobs(("a", "mine", "FINISHED"), ("b", "mine", "FAILED"), ("c", "theirs", "FAILED"))
    for jid, entries in (("a", [{}]), ("b", [{}, {}]), ("c", [{}])):
        rest.pages[f"/jobs/{jid}/exceptions"] = {"exceptionHistory": {"entries": entries}}
    assert Cluster(rest.address).failures("mine") == 3


def test_only_jobs_that_have_not_ended_are_active(rest: Any) -> None:
    rest.pages["/jobs/overview"] = jobs(
        ("a", "mine", "FINISHED"), ("b", "mine", "RESTARTING"), ("c", "theirs", "RUNNING")
    )
    assert Cluster(rest.address).active("mine") == ["b"]
