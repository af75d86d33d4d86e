"""KFP's published API, read out of its own package `kfp_server_api`: every path with its query, body and answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import kfp_server_api


@dataclass(frozen=True)
class Call:
    """One call of the API.

    Attributes:
        method, path: such as `GET` and `/apis/v2beta1/runs/{run_id}`.
        query: names of what may stand behind the `?`, with types.
        body: type of the JSON; empty where there is none.
        form: names of the parts of a multipart body.
        answer: type.
    """

    method: str
    path: str
    query: dict[str, str]
    body: str
    form: tuple[str, ...]
    answer: str

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Values of the path's parameters; None if it is another call."""
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/:]+)", re.escape(self.path))
        found = re.fullmatch(pattern, path) if method == self.method else None
        return found.groupdict() if found else None


def calls() -> list[Call]:
    """All of them, by having each method of the package build its request."""
    found = []
    for name in dir(kfp_server_api):
        if name.endswith("ServiceApi"):
            service = getattr(kfp_server_api, name)
            found += [_call(service, one) for one in dir(service) if one.endswith("_with_http_info")]
    return found


def _call(service: Any, name: str) -> Call:
    asked: dict[str, Any] = {}

    class Recorder(kfp_server_api.ApiClient):
        def call_api(self, path: str, method: str, *args: Any, **kwargs: Any) -> None:
            _, query, _ = args
            asked.update(path=path, method=method, query=[one for one, _ in query], **kwargs)

    function = getattr(service, name)
    types = dict(re.findall(r":type (\w+): ([^\s,]+)", function.__doc__ or ""))
    given = {key: _dummy(kind) for key, kind in types.items() if key != "async_req" and not key.startswith("_")}
    function(service(Recorder()), **given)
    body = next((types[key] for key, value in given.items() if value is asked["body"]), "")
    form = (*(asked["files"] or {}), *(one for one, _ in asked["post_params"] or []))
    query = {key: next((kind for one, kind in types.items() if one == key), "str") for key in asked["query"]}
    return Call(asked["method"], asked["path"], query, body, tuple(form), asked["response_type"] or "object")


def _dummy(kind: str) -> Any:
    return {"str": "x", "int": 1, "bool": True, "file": __file__}.get(kind) or object()


def problems(kind: str, value: Any, where: str = "body") -> Iterator[str]:
    """What in a JSON value is not as the published type says."""
    inner = re.fullmatch(r"list\[(.+)\]|dict\(str, (.+)\)", kind)
    if kind == "object" or value is None:
        return
    if inner and inner[1]:
        if not isinstance(value, list):
            yield f"{where}: no list"
            return
        for place, one in enumerate(value):
            yield from problems(inner[1], one, f"{where}[{place}]")
    elif inner:
        for key, one in value.items():
            yield from problems(inner[2], one, f"{where}.{key}")
    elif kind in ("str", "datetime", "int", "float", "bool"):
        python = {"str": str, "datetime": str, "int": int, "float": (int, float), "bool": bool}[kind]
        # A 64-bit number is a string in the description; JSON of protocol buffers takes both.
        if not isinstance(value, python) and not (kind == "str" and type(value) is int):
            yield f"{where}: {value!r} is no {kind}"
    else:
        yield from _model(getattr(kfp_server_api, kind), value, where)


def _model(model: Any, value: Any, where: str) -> Iterator[str]:
    allowed = getattr(model, "allowable_values", None)
    if allowed is not None:
        if value not in allowed:
            yield f"{where}: {value!r} is none of {', '.join(allowed)}"
        return
    if not isinstance(value, dict):
        yield f"{where}: no {model.__name__}"
        return
    names = {shown: name for name, shown in model.attribute_map.items()}
    for key, one in value.items():
        if key not in names:
            yield f"{where}.{key}: {model.__name__} has no such field"
        else:
            yield from problems(model.openapi_types[names[key]], one, f"{where}.{key}")
