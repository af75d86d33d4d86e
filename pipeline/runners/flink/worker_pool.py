"""The worker pool of one TaskManager: starts Beam's workers, and starts them again when they are killed.

    python -m pipeline.runners.flink.worker_pool 0.0.0.0:50000

Beam's own pool (`apache_beam.runners.worker.worker_pool_main`) does not look after its workers. Of one that is killed
before it has reported, by the kernel for want of memory for instance, the TaskManager waits for a sign of life without
end. It also listens on all addresses, so that two pools on one machine share a port and stop each other's workers.

Nothing of farelite is imported here, so that a pool without it starts and its workers can be asked what they lack.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from apache_beam.utils import thread_pool_executor

MOST_RESTARTS = 3
ASKED_TO_END = (-signal.SIGTERM, -signal.SIGINT)


class WorkerPool(BeamFnExternalWorkerPoolServicer):
    """Beam's pool of worker processes, which takes the place of a killed worker by another of the same id.

    A worker that ends by itself is let go: that is what it does when its TaskManager is gone.
    """

    def __init__(self) -> None:
        super().__init__(use_process=True)
        self._choosing = threading.Lock()

    def StartWorker(self, start_worker_request: Any, unused_context: Any) -> Any:
        """Starts one; see Beam's."""
        answer = super().StartWorker(start_worker_request, unused_context)
        if not answer.error:
            process = self._worker_processes[start_worker_request.worker_id]
            name = f"worker {start_worker_request.worker_id}"
            threading.Thread(name=name, target=self._mind, args=(start_worker_request, process), daemon=True).start()
        return answer

    def StopWorker(self, stop_worker_request: Any, unused_context: Any) -> Any:
        """Ends one; see Beam's."""
        with self._choosing:
            return super().StopWorker(stop_worker_request, unused_context)

    def _mind(self, request: Any, process: subprocess.Popen[bytes]) -> None:
        for _ in range(MOST_RESTARTS):
            code = _end_of(process)
            with self._choosing:
                stopped = request.worker_id not in self._worker_processes
                if stopped or code >= 0 or code in ASKED_TO_END:
                    return
                print(f"worker {request.worker_id} was killed by signal {-code}; starting it again", flush=True)
                answer = super().StartWorker(request, None)
                if answer.error:
                    print(answer.error, flush=True)
                    return
                process = self._worker_processes[request.worker_id]
        _end_of(process)


def _end_of(process: subprocess.Popen[bytes]) -> int:
    """Passes on what the worker prints, which Beam leaves in a pipe until that is full, and waits for its end."""
    if process.stdout:
        with process.stdout as lines:
            for line in lines:
                print(line.decode(errors="replace"), end="", flush=True)
    return process.wait()


def main(address: str) -> None:
    """Serves at HOST:PORT until it is ended."""
    # Beam's servicer starts `python` from PATH.
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    options = [("grpc.so_reuseport", 0), ("grpc.http2.max_pings_without_data", 0), ("grpc.http2.max_ping_strikes", 0)]
    server = grpc.server(thread_pool_executor.shared_unbounded_instance(), options=options)
    server.add_insecure_port(address)
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(WorkerPool(), server)
    server.start()
    print(f"listening on {address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m pipeline.runners.flink.worker_pool HOST:PORT")
    main(sys.argv[1])
