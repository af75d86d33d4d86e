"""The last run of a pipeline's folder: from what it was made and what it came to, so that none is begun for nothing.

Nothing here imports TensorFlow, TFX or ML Metadata: the answer is there in a second. In any doubt there is none, and
the pipeline runs.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from components.registry.durable import replace_text
from components.registry.soundness import CorruptError, StoreError
from components.registry.store import Store
from data.errors import DataError
from pipeline.config import Config
from pipeline.facts import Facts, Plain, can_tell, look
from pipeline.lineage.connection import verdict_of
from pipeline.paths import RunPaths
from pipeline.run import Run


class Record(Plain):
    """The last run.

    Attributes:
        version: live when it had ended; empty where none was.
        store: what was live and withdrawn then, as JSON.
        ended: ISO 8601, UTC.
        artifacts: folders that its steps made or took from the cache.
        settled: one more would come to `result`, and change nothing; not so where a model that went live is the next
            one's beginning, or has to be surpassed.
        result: as `farelite run --json` prints it.
    """

    facts: Facts
    version: str
    store: str
    run_id: str
    ended: str
    artifacts: tuple[str, ...]
    verdict: str
    settled: bool
    result: dict[str, Any]


def note(run: Run, result: dict[str, Any], artifacts: Sequence[str]) -> None:
    """Writes down a run that has ended, unless something has changed since it began."""
    if run.asked is None or run.facts is None:
        return
    pushed = result["verdict"] == "pushed"
    store = Store(run.paths.models)
    try:
        after, (live, state) = look(run.asked, run.facts.files), _live(store)
        if not after.same(run.facts):
            return
        changes_nothing = not pushed or _own_champion_changes_nothing(run.config)
        record = Record(
            facts=after,
            version=live,
            store=state,
            run_id=run.id,
            ended=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            artifacts=tuple(artifacts),
            verdict=result["verdict"],
            # Without force, one more would refuse what was withdrawn.
            settled=changes_nothing and not (run.force and store.withdrawn()),
            result={**result, "verdict": "unchanged" if pushed else result["verdict"]},
        )
        replace_text(run.paths.last_run, record.model_dump_json(indent=1))
    except (DataError, StoreError, OSError):
        # The run stands without its record, which would only spare the next one.
        return


def forget(paths: RunPaths) -> None:
    """Before a run begins: one that does not come to its end leaves no record."""
    paths.last_run.unlink(missing_ok=True)


def standing(config: Config, paths: RunPaths) -> Record | None:
    """The record of the last run, if all it was made from and what it left is as it was; None in any doubt."""
    if not can_tell(config):
        return None
    try:
        record = Record.model_validate_json(paths.last_run.read_bytes())
        now = look(config, record.facts.files)
        same = now.same(record.facts) and _live(Store(paths.models)) == (record.version, record.store)
        there = all(Path(path).is_dir() for path in record.artifacts)
        if not (same and there and verdict_of(paths.database, record.run_id) == record.verdict):
            return None
        if now.files != record.facts.files:
            # Touched, and read again to be sure; the next look need not.
            replace_text(paths.last_run, record.model_copy(update={"facts": now}).model_dump_json(indent=1))
    except (ValidationError, DataError, StoreError, OSError):
        return None
    return record


def store_state(store: Store) -> str:
    """What is live, with its digest, and what is withdrawn, as JSON.

    Raises:
        CorruptError: either cannot be read.
    """
    live = store.current()
    return json.dumps([live, (store.digest(live) or "") if live else "", store.withdrawn()])


def _own_champion_changes_nothing(config: Config) -> bool:
    """Whether a file that was pushed is pushed no more and refused no more when it is held against itself."""
    ratios = [config.gate.max_ratio, *(one.max_ratio for one in config.gate.slices.values())]
    return not config.training.warm_start and all(ratio is None or ratio >= 1 for ratio in ratios)


def _live(store: Store) -> tuple[str, str]:
    """The live version, empty for none, and a fingerprint of what is live and withdrawn."""
    live = store.current() or ""
    if live and (problems := store.problems(live)):
        raise CorruptError("; ".join(problems))
    return live, store_state(store)
