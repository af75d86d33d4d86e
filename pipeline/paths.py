"""Where things lie in a runs folder."""

import os
from dataclasses import dataclass
from pathlib import Path


class RunsFolderError(ValueError):
    """The runs folder cannot be used as it is; says why and what to do."""


@dataclass(frozen=True)
class RunPaths:
    """The folder of one pipeline below `--runs-dir`."""

    root: Path

    @property
    def database(self) -> Path:
        """ML Metadata, SQLite."""
        return self.root / "metadata.db"

    @property
    def artifacts(self) -> Path:
        """What the components write."""
        return self.root / "artifacts"

    @property
    def logs(self) -> Path:
        """One file a run."""
        return self.root / "logs"

    @property
    def models(self) -> Path:
        """The store."""
        return self.root / "models"

    @property
    def report(self) -> Path:
        """The page on the newest run that came to a verdict."""
        return self.root / "report.html"

    @property
    def unfinished_report(self) -> Path:
        """The page on the newest run that did not: it must not stand where people look for the live model's."""
        return self.root / "report-unfinished.html"

    @property
    def last_run(self) -> Path:
        """What the last run was made from and came to; see `pipeline.last_run`."""
        return self.root / "last-run.json"

    def dimensions_of(self, run_id: str) -> Path:
        """What `farelite dimensions` measured of a run."""
        return self.root / "dimensions" / f"{run_id}.json"

    @property
    def lock(self) -> Path:
        """Held by the run under way."""
        return self.root / ".lock"

    def make(self) -> None:
        """Creates the folders.

        Raises:
            RunsFolderError: not writable, or in the way of something else.
        """
        try:
            for folder in (self.artifacts, self.logs, self.models):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunsFolderError(
                f"cannot write to {self.root}: {error.strerror}; choose another --runs-dir"
            ) from error
        if not os.access(self.root, os.W_OK):
            raise RunsFolderError(f"cannot write to {self.root}: permission denied; choose another --runs-dir")


def pipeline_folder(runs_dir: Path, name: str | None) -> RunPaths:
    """The folder of the named pipeline, or of the only one there.

    Raises:
        RunsFolderError: there is none, or several and no name.
    """
    found = sorted(path.parent.name for path in runs_dir.glob("*/models")) if runs_dir.is_dir() else []
    if name is None and len(found) == 1:
        name = found[0]
    if name is None or name not in found:
        seen = f"pipelines there: {', '.join(found)}" if found else "it holds no pipeline; `farelite run` makes one"
        wanted = f"no pipeline {name!r} in {runs_dir}" if name else f"which pipeline in {runs_dir}? give --pipeline"
        raise RunsFolderError(f"{wanted if found or name else f'{runs_dir}'}: {seen}")
    return RunPaths(runs_dir / name)
