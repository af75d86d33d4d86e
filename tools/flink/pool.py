"""A Beam worker pool for one TaskManager, on an address of its own; its workers are processes of this Python.

Beam's own pool (`python -m apache_beam.runners.worker.worker_pool_main`) listens on all addresses, so that two on one
machine would share a port and stop each other's workers. In a pod of its own, take that one.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from apache_beam.utils import thread_pool_executor


def main(address: str) -> None:
    """Serves until it is ended.

    Args:
        address: host and port.
    """
    # The pool starts `python` from PATH.
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    options = [("grpc.so_reuseport", 0)]
    server = grpc.server(thread_pool_executor.shared_unbounded_instance(), options=options)
    server.add_insecure_port(address)
    pool = BeamFnExternalWorkerPoolServicer(use_process=True)
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    server.start()
    print(f"listening on {address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
