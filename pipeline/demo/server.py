"""Serves the demo to this machine alone."""

import sys
import webbrowser
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from components.registry.store import Store
from pipeline.demo.content import PACKAGES, DemoError, Resource, content_security_policy, resources

ADDRESS = "127.0.0.1"


class DemoServer(ThreadingHTTPServer):
    """Answers on the loopback address with what it was given, and with nothing else of the disk.

    Args:
        found: the answers, by absolute path.
        port: 0 takes a free one.

    Raises:
        DemoError: the port is taken.
    """

    daemon_threads = True

    def __init__(self, found: Mapping[str, Resource], port: int) -> None:
        self.found = found
        try:
            super().__init__((ADDRESS, port), _Handler)
        except OSError as error:
            raise DemoError(
                f"port {port} of {ADDRESS}: {error.strerror}; choose another by --port, or 0 for any free one"
            ) from error

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up early is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{ADDRESS}:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "farelite"
    sys_version = ""
    server: DemoServer

    def do_GET(self) -> None:
        self._answer(with_content=True)

    def do_HEAD(self) -> None:
        self._answer(with_content=False)

    def _answer(self, with_content: bool) -> None:
        # Another site's name that leads to this machine is turned away, so that no foreign page reads along.
        hosts = {f"{name}:{self.server.server_port}" for name in (ADDRESS, "localhost")}
        if self.headers.get("Host") not in hosts:
            self._send(HTTPStatus.MISDIRECTED_REQUEST, Resource("text/plain", b"not served here\n"), with_content)
            return
        resource = self.server.found.get(self.path.partition("?")[0])
        if resource is None:
            self._send(HTTPStatus.NOT_FOUND, Resource("text/plain", b"not found\n"), with_content)
        else:
            self._send(HTTPStatus.OK, resource, with_content)

    def _send(self, status: HTTPStatus, resource: Resource, with_content: bool) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": resource.media_type,
            "Content-Length": str(len(resource.content)),
            "Content-Security-Policy": content_security_policy(),
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            # The same address shows another version after the next push.
            "Cache-Control": "no-store",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_content:
            self.wfile.write(resource.content)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the terminal belongs to the user."""


def serve(store: Store, version: str | None, port: int, browse: bool, packages: Path = PACKAGES) -> None:
    """Serves until interrupted by Ctrl-C, which is its ordinary end.

    Args:
        store, version, packages: see `content.resources`.
        port: 0 takes a free one.
        browse: opens the page in the user's browser.
    """
    number = store.resolve(version)
    with DemoServer(resources(store, number, packages), port) as server:
        try:
            print(f"version {number} is on {server.url} (this machine only); Ctrl-C ends it", flush=True)
            if browse:
                webbrowser.open(server.url)
            server.serve_forever()
        except KeyboardInterrupt:
            print()
