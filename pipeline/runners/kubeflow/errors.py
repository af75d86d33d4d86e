"""Errors of the cluster's side, without heavy imports."""

import importlib.util


class KubeflowError(RuntimeError):
    """The cluster could not be asked, or refused, or a step failed; says why and what to do."""


class StepFailedError(KubeflowError):
    """A step's command ended with an error; the message has its last lines."""


def check_extra() -> None:
    """Looks for the messages of the specification, which are an extra of the package.

    Raises:
        KubeflowError: they are not installed.
    """
    if importlib.util.find_spec("kfp") is None:
        raise KubeflowError(
            "`farelite kubeflow` needs kfp-pipeline-spec, which is not installed; install farelite with its extra: "
            "`uv tool install 'farelite[kubeflow]'`, or `make setup` in a checkout"
        )
