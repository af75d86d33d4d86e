"""Float weights of a network, beside a SavedModel: warm starts and the study begin from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from components.conversion import recipe
from components.files import FLOAT_WEIGHTS_FILE
from components.trainer.phases import Net


def save_weights(net: Net, path: str | Path) -> None:
    """Writes float weights beside a SavedModel."""
    folder = Path(path) / recipe.EXTRA
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{name}_{n:02d}": w for name in ("front", "core") for n, w in enumerate(getattr(net, name).get_weights())
    }
    np.savez(folder / FLOAT_WEIGHTS_FILE, **arrays)


def load_weights(net: Net, path: str | Path) -> None:
    """Reads float weights from beside a SavedModel into a network of the same shapes."""
    with np.load(Path(path) / recipe.EXTRA / FLOAT_WEIGHTS_FILE) as arrays:
        for name in ("front", "core"):
            getattr(net, name).set_weights([arrays[key] for key in sorted(arrays) if key.startswith(name)])
