"""What the demo serves, by address: the page, one published version, and LiteRT.js."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from components.registry import soundness
from components.registry.store import Store
from data.tensor_names import tensor_name

PAGE = Path(__file__).parent / "page"
PACKAGES = Path(__file__).parent / "node_modules"

_HTML, _JS, _CSS = "text/html; charset=utf-8", "text/javascript; charset=utf-8", "text/css; charset=utf-8"
_JSON, _WASM, _BYTES = "application/json", "application/wasm", "application/octet-stream"

_RUNTIME = {
    "/litert/core.js": "@litertjs/core/dist/index.js",
    "/litert/wasm-utils.js": "@litertjs/wasm-utils/dist/index.js",
    # LiteRT.js takes the second pair in browsers without relaxed SIMD.
    "/litert/wasm/litert_wasm_internal.js": "@litertjs/core/wasm/litert_wasm_internal.js",
    "/litert/wasm/litert_wasm_internal.wasm": "@litertjs/core/wasm/litert_wasm_internal.wasm",
    "/litert/wasm/litert_wasm_compat_internal.js": "@litertjs/core/wasm/litert_wasm_compat_internal.js",
    "/litert/wasm/litert_wasm_compat_internal.wasm": "@litertjs/core/wasm/litert_wasm_compat_internal.wasm",
}
_IMPORTS = {"imports": {"@litertjs/core": "/litert/core.js", "@litertjs/wasm-utils": "/litert/wasm-utils.js"}}
_SCRIPTS = ("app.js", "form.js", "map.js", "model.js", "prediction.js")


class DemoError(ValueError):
    """The demo cannot start; says what to do."""


@dataclass(frozen=True)
class Resource:
    """One answer: its media type and its bytes."""

    media_type: str
    content: bytes


def resources(store: Store, version: str | None, packages: Path = PACKAGES) -> dict[str, Resource]:
    """Everything there is to serve, by absolute path of the address; there is nothing else.

    Args:
        store: where versions lie.
        version: which; None takes the live one.
        packages: the folder of LiteRT.js, as npm fills it.

    Raises:
        DemoError: LiteRT.js was not fetched.
        StoreError: there is no such version.
        CorruptError: its files are not what was pushed.
    """
    number = store.resolve(version)
    problems = store.problems(number, only={soundness.MODEL, soundness.VECTORS})
    if problems:
        raise soundness.CorruptError("; ".join(problems))
    manifest, folder = store.manifest(number), store.folder(number)
    vectors = soundness.read_json(folder / soundness.VECTORS)
    found = {
        "/": Resource(_HTML, _html()),
        "/style.css": Resource(_CSS, (PAGE / "style.css").read_bytes()),
        "/model.tflite": Resource(_BYTES, store.model(number)),
        "/version.json": Resource(_JSON, json.dumps(described(manifest, vectors)).encode()),
    }
    found |= {f"/{name}": Resource(_JS, (PAGE / name).read_bytes()) for name in _SCRIPTS}
    for address, file in _RUNTIME.items():
        found[address] = Resource(_WASM if file.endswith(".wasm") else _JS, _fetched(packages / file))
    return found


def _fetched(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DemoError(
            f"{path} is missing: LiteRT.js is not here yet; `make demo` fetches it (once, 39 MB)"
        ) from error


def described(manifest: Mapping[str, Any], vectors: Mapping[str, Any]) -> dict[str, Any]:
    """What the page needs to know of a version: its inputs and output, which inputs make a point, where the
    training rows lie, its test vectors."""
    told = soundness.interface_of(manifest)
    order = [one.name for one in told.inputs]
    described_points = manifest["config"]["data"]["points"].items()
    points = [
        {"name": name} | {axis: tensor_name(one) for axis, one in point.items()} for name, point in described_points
    ]
    return {
        "pipeline": manifest["config"]["name"],
        **{key: manifest[key] for key in ("version", "sha256")},
        **told.model_dump(include={"inputs", "output"}),
        "points": sorted(points, key=lambda point: order.index(point["latitude"])),
        "places": manifest.get("places"),
        "vectors": vectors,
    }


def _import_map() -> str:
    return json.dumps(_IMPORTS)


def _html() -> bytes:
    return Template((PAGE / "index.html").read_text()).substitute(import_map=_import_map()).encode()


def content_security_policy() -> str:
    """Nothing from elsewhere; one inline script, the import map, by its digest; WebAssembly may be compiled."""
    digest = base64.b64encode(hashlib.sha256(_import_map().encode()).digest()).decode()
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'sha256-{digest}' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
