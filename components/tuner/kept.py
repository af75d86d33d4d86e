"""Trials that have ended, kept under what they change, so that a search that was killed takes them as they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.tuner.trials import Trial
from data.writing import written_whole


@dataclass(frozen=True)
class Kept:
    """A folder of trials."""

    folder: Path

    def take(self, changed: Mapping[str, Any]) -> Trial | None:
        """The trial of these changes, if it has ended."""
        place = self._place(changed)
        if not place.exists():
            return None
        with np.load(place) as arrays:
            return Trial(**json.loads(str(arrays["told"])), predicted=arrays["predicted"])

    def keep(self, trial: Trial) -> Trial:
        """The same trial, safe from a kill."""
        place = self._place(trial.changed)
        place.parent.mkdir(parents=True, exist_ok=True)
        told = asdict(trial)
        predicted = told.pop("predicted")
        with written_whole(place) as stream:
            np.savez_compressed(stream, told=np.array(json.dumps(told)), predicted=predicted)
        return trial

    def _place(self, changed: Mapping[str, Any]) -> Path:
        told = json.dumps(changed, sort_keys=True).encode()
        return self.folder / f"{hashlib.sha256(told).hexdigest()[:16]}.npz"
