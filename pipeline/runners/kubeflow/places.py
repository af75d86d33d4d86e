"""Where KFP's launcher puts what lies in an object store, and back.

The launcher copies inputs to local paths before a step and outputs from there after it, but the step is told the
object store's URIs. TensorFlow 2.16 reads neither `minio://` nor `s3://`, so a step works on the paths.
Source: `LocalPathForURI` in KFP's backend/src/v2/component/launcher_v2.go (commit 7b70c7b95f68).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

SCHEMES = {"gs://": "/gcs/", "minio://": "/minio/", "s3://": "/s3/"}
ROOT_VARIABLE = "FARELITE_STEP_ROOT"
"""A folder to take for `/`, in a rehearsal outside a container."""

CODE_VARIABLE = "FARELITE_CODE"
"""Tells a container which code its specification was compiled from."""

PACKAGES = ("pipeline", "components", "transforms", "data")


class PlaceError(ValueError):
    """A URI that the launcher brings nowhere."""


def local_path(uri: str) -> str:
    """Path of what lies at a URI.

    Raises:
        PlaceError: the launcher knows no such scheme.
    """
    for scheme, folder in SCHEMES.items():
        if uri.startswith(scheme):
            # A query, such as `?region=x`, tells the launcher about the store; it is no part of the path of an output.
            return os.environ.get(ROOT_VARIABLE, "") + folder + uri.removeprefix(scheme)
    raise PlaceError(f"{uri}: KFP's launcher copies from {', '.join(SCHEMES)} only; set kubeflow.pipeline_root to one")


def artifacts(side: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Artifacts of the inputs or outputs of an ExecutorInput, or of an ExecutorOutput, as JSON."""
    for listed in side.get("artifacts", {}).values():
        yield from listed.get("artifacts", [])
