"""The demo's server under good and bad requests, and its page in a real browser."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.device.runtime import Engine
from components.registry.store import CorruptError, Store, StoreError
from pipeline.cli import main
from pipeline.demo.content import PACKAGES, DemoError, resources
from pipeline.demo.server import DemoServer

AGREEMENT = 0.001
FETCHED = (PACKAGES / "@litertjs" / "core" / "package.json").is_file()
needs_litert = pytest.mark.skipif(not FETCHED, reason="LiteRT.js is not fetched; `make demo` does it")


@pytest.fixture
def store(tmp_path: Path, publish_tiny: Callable[..., str]) -> Store:
    store = Store(tmp_path / "runs" / "tiny" / "models")
    publish_tiny(store)
    return store


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Stands where npm puts LiteRT.js; what a server sends does not depend on what is in the files."""
    core = tmp_path / "packages" / "@litertjs" / "core"
    names = ["dist/index.js", "wasm/litert_wasm_internal", "wasm/litert_wasm_compat_internal"]
    files = [core / names[0], *(core / f"{name}.{end}" for name in names[1:] for end in ("js", "wasm"))]
    for path in [*files, core.parent / "wasm-utils" / "dist" / "index.js"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode())
    return tmp_path / "packages"


@contextmanager
def running(found: Any) -> Iterator[DemoServer]:
    with DemoServer(found, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server(store: Store, packages: Path) -> Iterator[DemoServer]:
    with running(resources(store, None, packages)) as server:
        yield server


@pytest.fixture
def real_server(store: Store) -> Iterator[DemoServer]:
    with running(resources(store, None)) as server:
        yield server


def ask(server: DemoServer, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/?check=1", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/version.json", "application/json"),
        ("/model.tflite", "application/octet-stream"),
        ("/litert/core.js", "text/javascript; charset=utf-8"),
        ("/litert/wasm/litert_wasm_internal.wasm", "application/wasm"),
        ("/litert/wasm/litert_wasm_compat_internal.wasm", "application/wasm"),
    ],
)
def test_every_file_goes_out_under_its_media_type(server: DemoServer, path: str, media_type: str) -> None:
    answer, content = ask(server, path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, media_type)
    assert len(content) == int(answer.headers["Content-Length"]) > 0
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "'wasm-unsafe-eval'" in answer.headers["Content-Security-Policy"]


def test_the_model_goes_out_byte_by_byte_as_it_was_pushed(server: DemoServer, store: Store) -> None:
    assert ask(server, "/model.tflite")[1] == store.model("000001")


def test_a_head_request_gets_the_headers_alone(server: DemoServer) -> None:
    answer, content = ask(server, "/model.tflite", "HEAD")
    assert (answer.status, content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/model.json",
        "/../server.py",
        "/page/../../server.py",
        "/%2e%2e/server.py",
        "/..%2fserver.py",
        "//etc/passwd",
        "/litert/../../../../etc/passwd",
        "/litert/wasm/",
        "/app.js/",
        "/app.js%00",
        "etc/passwd",
    ],
)
def test_whatever_is_not_part_of_the_demo_is_not_found(server: DemoServer, path: str) -> None:
    assert ask(server, path)[0].status == 404


def test_a_page_of_another_site_cannot_read_along_under_its_own_name(server: DemoServer) -> None:
    answer, content = ask(server, "/model.tflite", Host="attacker.example")
    assert (answer.status, content) == (421, b"not served here\n")
    assert ask(server, "/", Host=f"localhost:{server.server_port}")[0].status == 200


def test_other_methods_are_refused(server: DemoServer) -> None:
    assert ask(server, "/version.json", "POST")[0].status == 501


def test_the_server_listens_on_the_loopback_address_only(server: DemoServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_a_port_in_use_is_named_with_the_way_out(store: Store, packages: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DemoError, match=f"port {port} of 127.0.0.1: .*--port"):
            DemoServer(resources(store, None, packages), port)


def test_without_litert_the_demo_says_how_to_fetch_it(store: Store, tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="`make demo` fetches it"):
        resources(store, None, tmp_path / "empty")


def test_a_missing_or_damaged_version_is_not_served(store: Store, packages: Path) -> None:
    with pytest.raises(StoreError, match="no version 000009"):
        resources(store, "000009", packages)
    (store.folder("000001") / "test_vectors.json").write_text("{}")
    with pytest.raises(CorruptError, match=r"test_vectors.json is not what was pushed"):
        resources(store, None, packages)


def test_the_command_ends_with_code_2_where_it_cannot_start(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["demo", "--runs-dir", str(tmp_path / "runs"), "--version", "000009", "--no-open"])
    assert ending.value.code == 2
    assert "no version 000009" in capsys.readouterr().err


@needs_litert
def test_the_command_serves_until_it_is_interrupted(store: Store, tmp_path: Path) -> None:
    farelite = str(Path(sys.executable).parent / "farelite")
    command = [farelite, "demo", "--runs-dir", str(tmp_path / "runs"), "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "version 000001 is on http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


@needs_litert
def test_the_browser_gives_the_predictions_that_python_gives(real_server: DemoServer, store: Store, page: Any) -> None:
    page.goto(f"{real_server.url}?check=1")
    told = json.loads(page.wait_for_selector("#check:not(:empty)", state="attached").text_content())
    vectors = json.loads((store.folder("000001") / "test_vectors.json").read_text())
    engine = Engine(store.model("000001"))
    wanted = [engine(tensors(store, row["inputs"])) for row in vectors["rows"]]
    assert told["vectors"] == len(wanted)
    np.testing.assert_allclose(told["predictions"], wanted, rtol=0, atol=AGREEMENT)
    assert "within the tolerance" in page.evaluate("document.getElementById('verdict').textContent")
    assert page.complaints == []
    assert all(address.startswith((real_server.url, "data:")) for address in page.requested), page.requested


@needs_litert
def test_two_clicks_on_the_map_and_the_fields_predict_as_python_does(
    real_server: DemoServer, store: Store, page: Any
) -> None:
    page.goto(real_server.url)
    page.wait_for_selector("html[data-state=ready]")
    assert page.evaluate("document.getElementById('row-title').textContent") == "Fare"
    before = page.evaluate("document.getElementById('prediction').dataset.value")
    click(page, 0.25, 0.75)
    click(page, 0.7, 0.2)
    page.evaluate("set = (name, value) => Object.assign(document.getElementsByName(name)[0], {value}); 0")
    page.evaluate("set('company', '2'), set('passengers', '3'), set('start', '2015-03-04T05:06')")
    page.evaluate("document.getElementById('form').dispatchEvent(new Event('input'))")
    page.wait_for_selector(f"#prediction:not([data-value='']):not([data-value='{before}'])")
    fields = page.evaluate("Object.fromEntries([...new FormData(document.getElementById('form'))])")
    assert fields["pickup_lat"] < fields["dropoff_lat"]
    assert fields["company"] == "2"
    row = {**{name: float(text) for name, text in fields.items() if name != "start"}, "company": 2}
    row["start"] = int(np.datetime64("2015-03-04T05:06", "s").astype(np.int64))
    wanted = Engine(store.model("000001"))(tensors(store, row))
    shown = float(page.evaluate("document.getElementById('prediction').dataset.value"))
    assert shown == pytest.approx(wanted, abs=AGREEMENT)


@needs_litert
def test_the_accessibility_checker_finds_nothing_on_the_demo(
    real_server: DemoServer, page: Any, look: Callable[[Any], None], violations: Callable[[Any], list[str]]
) -> None:
    page.goto(real_server.url)
    page.wait_for_selector("html[data-state=ready]")
    look(page)
    assert violations(page) == []


def click(page: Any, across: float, down: float) -> None:
    """A click of the mouse at a share of the map's width and height."""
    box = page.locator("#map").bounding_box()
    page.locator("#map").click(position={"x": across * box["width"], "y": down * box["height"]})


@needs_litert
def test_the_map_shows_the_cells_of_the_training_rows(
    tmp_path: Path, publish_tiny: Callable[..., str], page: Any
) -> None:
    busy, quiet = [41.9, -87.65, 900], [41.97, -87.9, 6]
    places = {"cell_deg": 0.01, "points": {"pickup": [busy, quiet], "dropoff": [busy]}}
    store = Store(tmp_path / "models")
    publish_tiny(store, places=places)
    with running(resources(store, None)) as server:
        page.goto(server.url)
        page.wait_for_selector("html[data-state=ready]")
        assert page.evaluate("document.querySelectorAll('.cell-0').length") == 2
        assert page.evaluate("document.querySelectorAll('.cell-1').length") == 1
        assert page.evaluate("document.querySelectorAll('.seen').length") == 0
        strong, weak = page.evaluate(
            "[...document.querySelectorAll('.cell-0')].map((one) => Number(one.getAttribute('opacity')))"
        )
        assert strong > weak > 0
        # One click into the middle of a cell's drawing gives a place within that cell.
        box = page.evaluate(
            "document.querySelector('.cell-0').getBBox().x + document.querySelector('.cell-0').getBBox().width / 2"
        )
        click(page, box / 1000, 0.5)
        assert busy[1] < float(page.evaluate("document.getElementsByName('pickup_lon')[0].value")) < busy[1] + 0.01
        assert page.complaints == []


@needs_litert
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("set('pickup_lat', '')", "the model gives no finite number; pickup_lat: missing"),
        ("set('pickup_lat', '91')", "pickup_lat: outside -90 to 90"),
        ("set('pickup_lat', '0'), set('pickup_lon', '0')", "pickup: 0/0 is no place"),
        ("set('start', '')", "start: not a value that the file takes"),
        ("set('start', '2039-01-01T00:00')", "start: not a value that the file takes"),
    ],
)
def test_a_row_without_a_prediction_gets_a_reason(real_server: DemoServer, page: Any, change: str, said: str) -> None:
    page.goto(real_server.url)
    page.wait_for_selector("html[data-state=ready]")
    page.evaluate("set = (name, value) => Object.assign(document.getElementsByName(name)[0], {value}); 0")
    page.evaluate(f"{change}, document.getElementById('form').dispatchEvent(new Event('input'))")
    page.wait_for_selector("#prediction:text-is('no prediction')")
    assert said in page.evaluate("document.getElementById('note').textContent")


@needs_litert
def test_names_and_texts_of_a_model_are_shown_and_never_run(
    tmp_path: Path, publish_tiny: Callable[..., str], tiny_manifest: dict[str, Any], page: Any
) -> None:
    evil = "<img src=x onerror=alert(1)></script>"
    inputs = [
        {**one, "meaning": evil, **({"vocabulary": [evil, "$${x}"]} if one["vocabulary"] else {})}
        for one in tiny_manifest["inputs"]
    ]
    store = Store(tmp_path / "models")
    publish_tiny(store, inputs=inputs, config={**tiny_manifest["config"], "name": evil})
    with running(resources(store, None)) as server:
        page.goto(server.url)
        page.wait_for_selector("html[data-state=ready]")
        assert page.evaluate("document.getElementsByName('company')[0].options[1].text") == evil
        assert evil in page.evaluate("document.getElementById('which').textContent")
        assert page.evaluate("document.images.length") == 0
        assert page.complaints == []


def tensors(store: Store, row: dict[str, Any]) -> dict[str, Any]:
    dtypes = {one["name"]: one["dtype"] for one in store.manifest("000001")["inputs"]}
    return {name: np.array([np.nan if row[name] is None else row[name]], dtype) for name, dtype in dtypes.items()}
