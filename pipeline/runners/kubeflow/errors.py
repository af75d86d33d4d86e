"""Errors of the cluster's side, without heavy imports."""


class KubeflowError(RuntimeError):
    """The cluster could not be asked, or refused, or a step failed; says why and what to do."""


class StepFailedError(KubeflowError):
    """A step's command ended with an error; the message has its last lines."""
