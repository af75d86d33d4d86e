"""Run by path in the kfp client's environment: requests as lines of JSON come in, answers as lines of JSON go out.

Request: `action` (`submit` or `schedule`), `endpoint`, `namespace`, `token_file`, `timeout_s`, `name` of the pipeline,
`version` (a name that says its contents), `spec` (path of the YAML), `experiment`, `parameters`, `service_account`,
`pipeline_root`, `claims` (that the steps mount), `oldest` (backend that will do, such as `[2, 16]`), `dry_run`; for
`submit` also `run_name`, `wait_s` (0 for not at all) and `poll_s`, for `schedule` also `cron` (six fields) and
`no_catchup`.
Answer: `things`, a list of `what`, `name`, `id`, `did`; and `error`, empty when all went well.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

from cluster import Cluster, ClusterError
from schedule import schedule
from submit import submit

ACTIONS = {"submit": submit, "schedule": schedule}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Carries out a request; what was done before an error is told too."""
    things: list[dict[str, str]] = []

    def note(what: str, name: str, identity: str, did: str) -> None:
        things.append({"what": what, "name": name, "id": identity, "did": did})

    try:
        cluster = Cluster(
            request["endpoint"].rstrip("/"), request["namespace"], request["token_file"], request["timeout_s"]
        )
        cluster.check_version(tuple(request["oldest"]))
        ACTIONS[request["action"]](cluster, request, note)
    except ClusterError as error:
        return {"things": things, "error": str(error)}
    return {"things": things, "error": ""}


if __name__ == "__main__":
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):  # kfp prints links
            told = answer(json.loads(line))
        print(json.dumps(told), flush=True)
