"""What tests of the cluster's side share: a compiled specification, and a server that speaks KFP's API."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.config import DEFAULT_CONFIG, load

IMAGE = "registry.example/farelite@sha256:" + "ab" * 32
Documents = list[dict[str, Any]]


def _module(name: str) -> ModuleType:
    """A file beside this one, which no package holds."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def compiled() -> Documents:
    """The default pipeline, with one resource of its own."""
    from pipeline.runners.kubeflow.spec import compile_spec

    return compile_spec(load(None, ["kubeflow.resources.Trainer.memory_limit_gb=8"]), DEFAULT_CONFIG.parent, IMAGE)


@pytest.fixture(scope="session")
def published() -> ModuleType:
    """published_api.py."""
    return _module("published_api")


@pytest.fixture(scope="session")
def golden() -> ModuleType:
    """golden.py."""
    return _module("golden")


@pytest.fixture(scope="session")
def api_server() -> ModuleType:
    """api_server.py."""
    return _module("api_server")


@pytest.fixture
def kfp(published: ModuleType) -> Iterator[Any]:
    """A server; `.address` is where it answers."""
    module = _module("fake_kfp")
    fake = module.FakeKfp(published.calls(), published.problems)
    server = module.serving(fake)
    fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield fake
    fake.ended.set()
    server.shutdown()
    server.server_close()
    assert fake.violations == []
