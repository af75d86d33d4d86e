"""What a run tells while it goes on, and what it comes to."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ComponentRun:
    """What a step did and took.

    Attributes:
        state: `ran` or `cached`.
        figure: that matters.
        cpu_seconds: of this process and of those that it has started and seen end.
        peak_bytes: largest resident size that this process had up to the end of the step.
    """

    name: str
    state: str
    seconds: float
    figure: str
    cpu_seconds: float = 0.0
    peak_bytes: int = 0


@dataclass(frozen=True)
class Result:
    """What a run came to.

    Attributes:
        verdict: `pushed`, `unchanged`, `refused` or `stopped`.
        version: pushed, or live and unchanged; empty otherwise.
        model_dir: its folder.
        metrics: figures of the file; empty where none was made.
        seconds: wall time.
        warnings: what the gates found odd and let pass.
        report: where the page on the run lies; empty where it could not be made.
        study_dir, tuning_dir: folder of the compression study, and of the Tuner's results; empty where there was none.
    """

    verdict: str
    version: str
    model_dir: str
    reasons: list[str]
    metrics: dict[str, Any]
    seconds: float
    run_id: str
    components: list[ComponentRun] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    report: str = ""
    study_dir: str = ""
    tuning_dir: str = ""


class Listener:
    """Is told how the run goes; the command line draws it."""

    def say(self, text: str) -> None:
        """Something goes on before the first node."""

    def plan(self, names: list[str]) -> None:
        """The nodes that will run, in order."""

    def start(self, name: str) -> None:
        """A node begins."""

    def progress(self, text: str, done: float, total: float) -> None:
        """The node under way says what it does, and how much of the whole is behind, in a unit of its own."""

    def done(self, component: ComponentRun) -> None:
        """A node has ended well."""

    def remark(self, text: str) -> None:
        """Something beside the steps that a person should know."""
