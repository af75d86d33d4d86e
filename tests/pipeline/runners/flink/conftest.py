"""A job server and a JobManager's REST interface that answer as they are told; real ones are in tests/e2e."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
import pytest
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

from pipeline.runners.flink.preflight import NEEDED_OPTIONS


class JobServer(beam_job_api_pb2_grpc.JobServiceServicer):
    """Knows the options it is given."""

    def __init__(self, options: tuple[str, ...]) -> None:
        self._options = options

    def DescribePipelineOptions(self, request: Any, context: Any) -> Any:
        options = [beam_job_api_pb2.PipelineOptionDescriptor(name=name) for name in self._options]
        return beam_job_api_pb2.DescribePipelineOptionsResponse(options=options)


@pytest.fixture
def job_server() -> Iterator[Callable[..., str]]:
    """Starts one and returns its address."""
    servers = []

    def start(*options: str) -> str:
        server = grpc.server(futures.ThreadPoolExecutor(2))
        beam_job_api_pb2_grpc.add_JobServiceServicer_to_server(JobServer(options or NEEDED_OPTIONS), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return f"127.0.0.1:{port}"

    yield start
    for server in servers:
        server.stop(0).wait()


class Rest:
    """A JobManager's REST interface.

    Attributes:
        pages: JSON by path.
        cancelled: paths that a PATCH was sent to.
    """

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {
            "/overview": {"flink-version": "1.19.0"},
            "/jobmanager/environment": {"classpath": ["/opt/flink/lib/flink-dist-1.19.0.jar"]},
            "/jobs/overview": {"jobs": []},
        }
        self.cancelled: list[str] = []
        self.address = ""

    def managers(self, *those: tuple[int, int, int]) -> None:
        """Slots, free slots and megabytes for exchanges of each."""
        self.pages["/taskmanagers"] = {
            "taskmanagers": [
                {
                    "id": f"tm-{n}",
                    "slotsNumber": slots,
                    "freeSlots": free,
                    "memoryConfiguration": {"networkMemory": mb << 20},
                }
                for n, (slots, free, mb) in enumerate(those)
            ]
        }


@pytest.fixture
def rest() -> Iterator[Rest]:
    """One that runs."""
    told = Rest()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told.pages[self.path]).encode())

        def do_PATCH(self) -> None:
            told.cancelled.append(self.path)
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.address = f"127.0.0.1:{server.server_port}"
    told.managers((1, 1, 512), (1, 1, 512))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()
