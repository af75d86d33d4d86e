"""The collector of cyclic garbage, kept from what only grows: it took 4 of the 57 s of a run on a busy machine."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW, _ROUNDS = 50_000, 20


@contextmanager
def collecting_nothing() -> Iterator[None]:
    """For imports: a million objects that stay, which else would be looked through again and again, then and later."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collected:
            gc.enable()


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """For graphs of TensorFlow and Beam: hundreds of thousands of objects that live as long as a step."""
    before = gc.get_threshold()
    gc.set_threshold(_NEW, _ROUNDS, _ROUNDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
