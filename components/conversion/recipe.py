"""What turns a SavedModel into its file, kept beside it, so that whoever converts it gets the very same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from components.compression_settings import Conversion
from components.interface_file import EXTRA as EXTRA
from data.settings import Settings

RECIPE_FILE = "recipe.json"
REPRESENTATIVE_FILE = "representative.npz"

FRONT, HIDDEN, HEAD, CORE, SUM = "front", "hidden", "head", "core", "sum"
"""Signatures of the parts: raw inputs to the core's input and the rest; through the hidden layers and out of the head;
or through the whole core and into the sum."""

FloatArray = npt.NDArray[np.float32]


class Recipe(Settings):
    """How a SavedModel becomes its file.

    Attributes:
        variant: name of the compression variant, or `trained` as the configuration says.
        conversion: what the converter does.
        sha256: of the file that was measured; None where none was yet.
        refused: why the file must not ship; None where it may.
    """

    variant: str = "trained"
    conversion: Conversion = Conversion()
    sha256: str | None = None
    refused: str | None = None

    def other_than_measured(self, sha256: str) -> list[str]:
        """Reasons to refuse the file that the conversion gave, by its digest."""
        reasons = [] if self.refused is None else [self.refused]
        if self.sha256 not in (None, sha256):
            reasons.append(
                f"the conversion gave sha256 {sha256[:12]}, but the study measured {str(self.sha256)[:12]} as variant "
                f"{self.variant}; the file is not the one that was chosen, run `farelite study` again"
            )
        return reasons


def write(saved_model: str | Path, recipe: Recipe, representative: FloatArray | None = None) -> None:
    """Puts the recipe beside a SavedModel, and inputs of the core `[rows, width]` where the converter needs some."""
    folder = Path(saved_model) / EXTRA
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECIPE_FILE).write_text(recipe.model_dump_json(indent=1))
    if representative is not None:
        np.savez_compressed(folder / REPRESENTATIVE_FILE, core_input=representative)


def read(saved_model: str | Path) -> Recipe:
    """The recipe of a SavedModel; the plain one where none lies beside it."""
    path = Path(saved_model) / EXTRA / RECIPE_FILE
    return Recipe.model_validate_json(path.read_text()) if path.exists() else Recipe()


def representative(saved_model: str | Path) -> FloatArray:
    """Inputs of the core, float32 `[rows, width]`, from training rows.

    Raises:
        FileNotFoundError: none were kept.
    """
    with np.load(Path(saved_model) / EXTRA / REPRESENTATIVE_FILE) as arrays:
        return np.asarray(arrays["core_input"])
