"""One run: what it works on, found once and handed down from the command to the runner."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TextIO

from data.files import SourceFile, examine, fingerprint_of
from data.sources import Located
from pipeline.config import Config
from pipeline.facts import Facts, can_tell, look
from pipeline.lock import run_lock
from pipeline.paths import RunPaths
from pipeline.quiet import libraries_to
from pipeline.settled import settled


def new_id() -> str:
    """Names a run; later ones sort behind earlier ones."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"


@dataclass(frozen=True)
class Run:
    """What one run works on.

    Attributes:
        source: files and spans that are read.
        force: push withdrawn bytes too.
        label: what the label was found to be, as a sentence.
        asked: the configuration before the source answered what was open in it.
        facts: what the outcome follows from, seen before the first step; None where they cannot be told cheaply.
        id: in ML Metadata, and of the log.
    """

    config: Config
    paths: RunPaths
    source: Located
    force: bool = False
    label: str = ""
    asked: Config | None = None
    facts: Facts | None = None
    id: str = field(default_factory=new_id)

    @property
    def log(self) -> Path:
        """Where what the libraries print goes."""
        return self.paths.logs / f"{self.id}.log"

    @cached_property
    def files(self) -> list[SourceFile]:
        """The source's files with size and digest. Read when first asked for, which may take long, and only then."""
        return examine(self.source.all_files())

    @property
    def fingerprint(self) -> str:
        """Of the source, as `Located.fingerprint` gives it."""
        return fingerprint_of(self.files)


def prepare(config: Config, runs_dir: Path, force: bool = False) -> Run:
    """The run of a configuration, its source found and its label looked at; nothing is written.

    Raises:
        DataError: the source is not there or cannot be read, or its label is open to doubt.
    """
    facts = look(config) if can_tell(config) else None
    known, source, label = settled(config)
    return Run(known, RunPaths(runs_dir / config.name), source, force, label, config, facts)


@contextmanager
def opened(run: Run, wait_seconds: float = 0) -> Iterator[TextIO]:
    """Holds the pipeline's folder while the block runs.

    Yields:
        The terminal's own standard error: what libraries print goes to the run's log.
    """
    run.paths.make()
    with run_lock(run.paths.lock, wait_seconds), libraries_to(run.log) as terminal:
        yield terminal
