"""A Kubeflow Pipelines server for tests: real HTTP on the loopback interface, and every request held to KFP's API.

What it refuses and fills in is what backend/src/apiserver does (commit 7b70c7b95f68): names that are taken,
specifications of another schema version, parameters that the pipeline does not have, cron lines without seconds.
"""

from __future__ import annotations

import email
import json
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

NOW = "2026-11-24T08:00:00Z"
FEW = 2
"""Longest page, so that whoever reads the first page only is found out."""


@dataclass
class Fault:
    """What to do to a request in place of answering it.

    Attributes:
        method, path: of the request; the path as a pattern.
        how: a status, `silent` (no answer in time), `drop` (carried out, but the connection ends), or a text to answer.
        times: so often.
    """

    method: str
    path: str
    how: int | str
    times: int = 1


class RefusedError(Exception):
    """The server says no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class FakeKfp:
    """State and rules; `serving` puts it on a port.

    Attributes:
        calls, problems: the published API.
        token: that it wants, if any.
        several: whether several users share it.
        tag: its version, as it tells it.
        violations: what in requests was not as the API says; tests want none.
        requests: method and path of each.
        faults: to come.
        uploaded: files as they came.
        rows: what there is, by kind.
    """

    calls: list[Any]
    problems: Callable[..., Any]
    token: str = ""
    several: bool = False
    tag: str = "2.17.0"
    violations: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    uploaded: list[bytes] = field(default_factory=list)
    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            kind: [] for kind in ("pipelines", "pipeline_versions", "experiments", "runs", "recurring_runs")
        }
    )
    ended: threading.Event = field(default_factory=threading.Event)

    def __getitem__(self, kind: str) -> list[dict[str, Any]]:
        return self.rows[kind]

    def fail(self, method: str, path: str, how: int | str, times: int = 1) -> None:
        """The next requests of this kind go wrong."""
        self.faults.append(Fault(method, path, how, times))

    def fault(self, method: str, path: str) -> int | str | None:
        """What is to happen to this one."""
        for one in self.faults:
            if one.times and one.method == method and re.search(one.path, path):
                one.times -= 1
                return one.how
        return None

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Any:
        """Checks a request against the published API, carries it out, and checks the answer likewise."""
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        hits = [(call, found) for call in self.calls if (found := call.match(method, path)) is not None]
        if not hits:
            self.violations.append(f"{method} {path}: no such call")
            raise RefusedError(404, "Not Found")
        call, values = hits[0]
        for name, value in query.items():
            if name not in call.query:
                self.violations.append(f"{method} {path}: no query {name}")
            elif call.query[name] == "int" and not value.isdigit():
                self.violations.append(f"{method} {path}: {name} is {value}")
        sent = _form(headers, body) if call.form else json.loads(body) if body else None
        if call.form and set(sent) != set(call.form):
            self.violations.append(f"{method} {path}: parts {sorted(sent)}")
        if call.body:
            self.violations += self.problems(call.body, sent, f"{method} {path}")
        if self.token and headers.get("authorization") != f"Bearer {self.token}":
            raise RefusedError(401, "Request header error: there is no user identity header.")
        told = self._handle(call, {**query, **values}, sent)
        wrong = list(self.problems(call.answer, told, "answer"))
        assert not wrong, wrong  # the fault of this file
        # What is sent there is more than what is published: `healthzResponse` in backend/src/apiserver/main.go.
        return {**told, "tag_name": self.tag} if path.endswith("/healthz") else told

    def _handle(self, call: Any, query: dict[str, str], sent: Any) -> Any:
        kind = call.path.split("/")[3]
        match call.method, call.path.removeprefix("/apis/v2beta1/"):
            case "GET", "healthz":
                return {"multi_user": self.several, "pipeline_store": "database"}
            case "GET", "pipelines/{pipeline_id}/versions":
                return self._page("pipeline_versions", query, pipeline_id=query["pipeline_id"])
            case "GET", "pipelines" | "experiments" | "runs" | "recurringruns":
                plural = {"recurringruns": "recurring_runs"}.get(kind, kind)
                return self._page(plural, query, **_only(query, "experiment_id", "namespace"))
            case "GET", "runs/{run_id}":
                return self._one("runs", query["run_id"])
            case "POST", "pipelines":
                return self._add("pipelines", {**sent, "name": sent["display_name"]}, "display_name", "namespace")
            case "POST", "pipelines/upload_version":
                return self._upload(query, sent["uploadfile"])
            case "POST", "experiments":
                return self._add("experiments", sent, "display_name", "namespace")
            case "POST", "runs":
                self._check_source(sent)
                return self._add("runs", {**sent, "state": "PENDING"})
            case "POST", "recurringruns":
                return self._recur(sent)
            case "DELETE", "recurringruns/{recurring_run_id}":
                self["recurring_runs"].remove(self._one("recurring_runs", query["recurring_run_id"]))
                return {}
            case "POST", "recurringruns/{recurring_run_id}:enable":
                self._one("recurring_runs", query["recurring_run_id"]).update(mode="ENABLE", status="ENABLED")
                return {}
        raise AssertionError(f"no test needs {call.method} {call.path} yet")

    def _page(self, kind: str, query: dict[str, str], **where: str) -> dict[str, Any]:
        if self.several and kind in ("pipelines", "experiments") and not query.get("namespace"):
            raise RefusedError(400, "Invalid input error: A namespace is required in multi-user mode")
        rows = [row for row in self[kind] if all(row.get(key) == value for key, value in where.items())]
        wanted = json.loads(query.get("filter", "{}"))
        self.violations += self.problems("V2beta1Filter", wanted, f"filter of {kind}")
        for predicate in wanted.get("predicates", []):
            assert predicate["operation"] == "EQUALS"
            rows = [row for row in rows if row.get(predicate["key"]) == predicate["string_value"]]
        first = int(query.get("page_token") or 0)
        last = first + min(int(query["page_size"]), FEW)
        more = {"next_page_token": str(last)} if last < len(rows) else {}
        shown = "recurringRuns" if kind == "recurring_runs" else kind
        return {shown: rows[first:last], "total_size": len(rows), **more}

    def _add(self, kind: str, row: dict[str, Any], *unique: str) -> dict[str, Any]:
        if unique and any(all(one.get(key) == row.get(key) for key in unique) for one in self[kind]):
            raise RefusedError(409, f"Already exist error: The name {row[unique[0]]} already exist")
        made = {**row, f"{kind[:-1]}_id": str(uuid.uuid4()), "created_at": NOW}
        self[kind].append(made)
        return made

    def _one(self, kind: str, identity: str) -> dict[str, Any]:
        for row in self[kind]:
            if row[f"{kind[:-1]}_id"] == identity:
                return row
        raise RefusedError(404, f"ResourceNotFoundError: {kind[:-1]} {identity} not found")

    def _upload(self, query: dict[str, str], file: bytes) -> dict[str, Any]:
        self._one("pipelines", query["pipelineid"])
        self.uploaded.append(file)
        spec, *_ = yaml.safe_load_all(file)
        if spec.get("schemaVersion") != "2.1.0" or not spec.get("pipelineInfo", {}).get("name"):
            raise RefusedError(400, "Failed to create a pipeline version")
        row = {"pipeline_id": query["pipelineid"], "name": query["name"], "display_name": query["name"]}
        return self._add("pipeline_versions", {**row, "pipeline_spec": spec}, "pipeline_id", "name")

    def _check_source(self, sent: dict[str, Any]) -> None:
        self._one("experiments", sent["experiment_id"])
        version = self._one("pipeline_versions", sent["pipeline_version_reference"]["pipeline_version_id"])
        known = version["pipeline_spec"]["root"]["inputDefinitions"]["parameters"]
        extra = sorted(set(sent["runtime_config"].get("parameters") or {}) - set(known))
        if extra:
            raise RefusedError(400, f"parameter(s) provided are not required by pipeline: {', '.join(extra)}")
        if not sent.get("service_account"):
            sent["service_account"] = "pipeline-runner"

    def _recur(self, sent: dict[str, Any]) -> dict[str, Any]:
        self._check_source(sent)
        if not 1 <= int(sent["max_concurrency"]) <= 10:
            raise RefusedError(400, "Max concurrency of a recurring run must be at least 1 and at most 10")
        if len(sent["trigger"]["cron_schedule"]["cron"].split()) != 6:
            raise RefusedError(400, "Schedule cron is not a supported format(https://godoc.org/github.com/robfig/cron)")
        sent["max_concurrency"] = str(sent["max_concurrency"])
        return self._add("recurring_runs", {**sent, "status": f"{sent['mode']}D"})


def _only(query: dict[str, str], *names: str) -> dict[str, str]:
    return {name: query[name] for name in names if query.get(name)}


def _form(headers: Any, body: bytes) -> dict[str, bytes]:
    message = email.message_from_bytes(b"Content-Type: " + headers["content-type"].encode() + b"\r\n\r\n" + body)
    parts = message.get_payload()
    assert isinstance(parts, list)
    return {str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True) for part in parts}


def serving(fake: FakeKfp) -> ThreadingHTTPServer:
    """The server on a free port of the loopback interface; its caller ends it."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            fake.requests.append(f"{self.command} {urlsplit(self.path).path}")
            how = fake.fault(self.command, self.path)
            if how == "silent":
                fake.ended.wait(20)
                return
            status, told = self._carry_out(body) if how in (None, "drop") else (how, {"message": "as the test wants"})
            if how == "drop":
                return
            if isinstance(status, str):
                self._send(200, status.encode(), "text/html")
            else:
                self._send(status, json.dumps(told).encode(), "application/json")

        def _carry_out(self, body: bytes) -> tuple[int, Any]:
            try:
                return 200, fake.answer(self.command, self.path, self.headers, body)
            except RefusedError as error:
                return error.status, {"code": 3, "message": str(error), "details": []}

        def _send(self, status: int, content: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = _any  # noqa: N815 the names of http.server

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
