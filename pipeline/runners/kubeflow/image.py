"""Which image the steps run, checked before anything heavy is imported."""

import re

from pipeline.config import ConfigError
from pipeline.settings.kubeflow import Kubeflow

DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")


def wanted(given: str | None, block: Kubeflow) -> str:
    """The image that was given, or else the configuration's.

    Raises:
        ConfigError: it has no digest, and must have one.
    """
    image = given or block.image
    if block.require_digest and not DIGEST.fullmatch(image):
        named = f"--image {image!r}" if given else f"no --image was given, and kubeflow.image {image!r}"
        raise ConfigError(
            f"{named} has no digest; write --image registry/name@sha256:<64 hex digits>, as the push of the image "
            "prints it, or set kubeflow.require_digest=false to run whatever the tag names on the day"
        )
    return image
