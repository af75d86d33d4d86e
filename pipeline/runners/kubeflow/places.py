"""Where KFP's launcher puts what lies in an object store, and back.

The launcher copies inputs to local paths before a step and outputs from there after it, but the step is told the
object store's URIs. TensorFlow 2.16 reads neither `minio://` nor `s3://`, so a step works on the paths.
Source: `LocalPathForURI` in KFP's backend/src/v2/component/launcher_v2.go, `GenerateOutputURI` in its
metadata/client.go (commit 7b70c7b95f68).
"""

import os
from collections.abc import Iterator
from typing import Any

SCHEMES = {"gs://": "/gcs/", "minio://": "/minio/", "s3://": "/s3/"}
ROOT_VARIABLE = "FARELITE_STEP_ROOT"
"""A folder to take for `/`, in a rehearsal outside a container."""

BACKEND_ROOT = "minio://mlpipeline/v2/artifacts"
"""Root of a backend that was told no other: `defaultPipelineRoot` in backend/src/v2/config/env.go."""

PACKAGES = ("pipeline", "components", "transforms", "data")


class PlaceError(ValueError):
    """A URI that the launcher brings nowhere."""


def joined(root: str, *names: str) -> str:
    """A URI below a root, whose query, such as `?region=x`, tells about the store alone: `GenerateOutputURI`."""
    return "/".join([root.split("?")[0].rstrip("/"), *names])


def local_path(uri: str, root: str | None = None) -> str:
    """Path of what lies at a URI.

    Args:
        uri: of an artifact.
        root: a folder to take for `/`; by default what the environment says.

    Raises:
        PlaceError: the launcher knows no such scheme.
    """
    for scheme, folder in SCHEMES.items():
        if uri.startswith(scheme):
            return (os.environ.get(ROOT_VARIABLE, "") if root is None else root) + folder + uri.removeprefix(scheme)
    raise PlaceError(f"{uri}: KFP's launcher copies from {', '.join(SCHEMES)} only; set kubeflow.pipeline_root to one")


def artifacts(side: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Artifacts of the inputs or outputs of an ExecutorInput, or of an ExecutorOutput, as JSON."""
    for listed in side.get("artifacts", {}).values():
        yield from listed.get("artifacts", [])
