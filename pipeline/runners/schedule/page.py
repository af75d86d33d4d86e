"""Health and figures of a running schedule over HTTP: `/health` as JSON, `/metrics` as Prometheus text."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from pipeline.runners.schedule.ledger import Ledger
from pipeline.runners.schedule.policy import DONE, QUEUED, RUNNING, SKIPPED
from pipeline.runners.schedule.slot import ScheduleError

STOP_POLL_S = 0.1
"""How long the server goes on after it is told to stop."""
STALE_AFTER_S = 120.0
"""A loop that has not gone round for so long hangs; interrupting a run takes up to 30 seconds of that."""


@dataclass(frozen=True)
class Health:
    """What `/health` answers: 200 when `ok`, else 503."""

    ok: bool
    pipeline: str
    paused: bool
    running: bool
    waiting: int
    seconds_since_beat: float


class Collector:
    """The ledger's counts as metrics; they go on counting over restarts, since the ledger does."""

    def __init__(self, name: str, open_ledger: Callable[[], Ledger], next_due: Callable[[], int]) -> None:
        self._name, self._open, self._next_due = name, open_ledger, next_due

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        ledger = self._open()
        try:
            counts, attempts, paused = ledger.counts(), ledger.attempts(), ledger.paused()
            ended = [slot for slot in ledger.slots(DONE) if slot.ended is not None][-1:]
            succeeded = [slot for slot in ledger.slots(DONE) if slot.outcome in ("pushed", "unchanged", "nothing_new")]
        finally:
            ledger.close()
        slots = CounterMetricFamily(
            "farelite_schedule_due_times", "Due times by their final outcome.", labels=["pipeline", "outcome"]
        )
        for (state, outcome), count in sorted(counts.items()):
            if state in (DONE, SKIPPED):
                slots.add_metric([self._name, outcome], count)
        yield slots
        tried = CounterMetricFamily("farelite_schedule_attempts", "Runs started.", labels=["pipeline"])
        tried.add_metric([self._name], attempts)
        yield tried
        gauges = {
            "running": ("Runs under way.", sum(n for (state, _), n in counts.items() if state == RUNNING)),
            "waiting": ("Due times that wait.", sum(n for (state, _), n in counts.items() if state == QUEUED)),
            "paused": ("1 while due times are skipped.", int(paused)),
            "next_due_timestamp_seconds": ("The next due time.", self._next_due()),
            "last_end_timestamp_seconds": ("When the last run ended.", ended[0].ended or 0 if ended else 0),
            "last_success_timestamp_seconds": (
                "When a run last ended well.",
                max((slot.ended or 0 for slot in succeeded), default=0),
            ),
        }
        for name, (meaning, value) in gauges.items():
            gauge = GaugeMetricFamily(f"farelite_schedule_{name}", meaning, labels=["pipeline"])
            gauge.add_metric([self._name], value)
            yield gauge


class _Server(ThreadingMixIn, WSGIServer):
    """A scraper that hangs keeps nobody else waiting."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """A line for each scrape would bury the runs."""


@contextmanager
def serving(host: str, port: int, collector: Collector, health: Callable[[], Health]) -> Iterator[int]:
    """Answers in a thread while the block runs; yields the port.

    Raises:
        ScheduleError: the port cannot be had.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    metrics = make_wsgi_app(registry)

    def page(environ: Any, start: Any) -> Any:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start)
        if path != "/health":
            start("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"there are /health and /metrics\n"]
        now = health()
        start("200 OK" if now.ok else "503 Service Unavailable", [("Content-Type", "application/json")])
        return [json.dumps(asdict(now)).encode()]

    try:
        server = make_server(host, port, page, _Server, _Quiet)
    except OSError as error:
        raise ScheduleError(
            f"cannot listen on {host}:{port} ({error.strerror or error}); set schedule.port to a free one, or to null "
            "for no health and metrics"
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=(STOP_POLL_S,), daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
