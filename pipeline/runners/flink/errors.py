"""What is said when the cluster cannot be used."""


class FlinkError(RuntimeError):
    """Job server, cluster or workers cannot run the data steps; the message has the remedy."""
