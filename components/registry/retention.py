"""How many versions a store keeps."""

from __future__ import annotations

import shutil
import uuid

from components.registry.store import Store


def discard_old(store: Store, keep: int) -> list[str]:
    """Removes all but the newest versions, never the live one nor the one that a rollback would go to.

    A folder loses its six digits in one rename before its files go, so that no half of a version is ever visible.

    Args:
        store: whose versions.
        keep: so many of the newest stay; at least 2.

    Returns:
        The versions removed, ascending.

    Raises:
        ValueError: `keep` is below 2.
        CorruptError: `current` cannot be read, and then nothing is removed.
    """
    if keep < 2:
        raise ValueError(f"keep is {keep}; at least 2 versions stay, the live one and the one before it")
    with store.lock():
        live = store.current()
        withdrawn = store.withdrawn()
        versions = store.versions()
        before = [v for v in versions if live is not None and v < live and store.digest(v) not in withdrawn]
        kept = {*versions[-keep:], *before[-1:], *([live] if live else [])}
        removed = [version for version in versions if version not in kept]
        for version in removed:
            aside = store.root / f".new-{uuid.uuid4().hex}"  # what a kill leaves is swept by the next push
            store.folder(version).rename(aside)
            shutil.rmtree(aside)
        return removed
