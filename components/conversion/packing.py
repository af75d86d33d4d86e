"""Packs a model so that equal pieces of the file are stored once, which the format allows and its packer does not."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np

FILE_IDENTIFIER = b"TFL3"


def pack(model: Any) -> bytes:
    """A `ModelT` of TensorFlow Lite's schema as a file."""
    builder = SharingBuilder(1024)
    builder.Finish(model.Pack(builder), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


class SharingBuilder(flatbuffers.Builder):
    """A builder that gives the offset of an equal vector or table written before instead of writing it again.

    FlatBuffers are read by following offsets, so several may lead to one place. Most tensors of a small model have
    one of a few shapes, and most operators the same few options. Only pieces that hold no offsets themselves are
    shared: their bytes mean the same wherever they lie.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.head: int
        self._known: dict[tuple[Any, ...], int] = {}
        self._begun = 0
        self._has_offsets = False

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:
        """Begins a vector."""
        self._begin()
        self._alignment = alignment
        return super().StartVector(elemSize, numElems, alignment)

    def EndVector(self, numElems: int | None = None) -> int:
        """Ends a vector; gives its offset, or that of an equal one."""
        end = super().EndVector()
        content = bytes(self.Bytes[self.head : self.head + end - self._begun])
        return self._share(end, ("vector", self._alignment, content))

    def StartObject(self, numfields: int) -> None:
        """Begins a table."""
        self._begin()
        super().StartObject(numfields)

    def EndObject(self) -> int:
        """Ends a table; gives its offset, or that of an equal one."""
        end = super().EndObject()
        place = len(self.Bytes) - end
        vtable = place - int(np.frombuffer(self.Bytes, "<i4", 1, place)[0])
        _, size = np.frombuffer(self.Bytes, "<u2", 2, vtable)
        inline = bytes(self.Bytes[place + 4 : place + int(size)])
        return self._share(end, ("table", len(self.Bytes) - vtable, inline))

    def CreateString(self, s: Any, encoding: str = "utf-8", errors: str = "strict") -> int:
        """Writes a text; gives its offset, or that of an equal one."""
        key = ("text", s.encode(encoding, errors) if isinstance(s, str) else bytes(s))
        if key not in self._known:
            self._known[key] = super().CreateString(s, encoding, errors)
        return self._known[key]

    def PrependUOffsetTRelative(self, off: int) -> None:
        """Writes an offset, which ties what holds it to its place."""
        self._has_offsets = True
        super().PrependUOffsetTRelative(off)

    def _begin(self) -> None:
        self._begun, self._has_offsets = self.Offset(), False

    def _share(self, end: int, key: tuple[Any, ...]) -> int:
        """The place of an equal piece if there is one, after taking back the one just written; else `end`."""
        known = end if self._has_offsets else self._known.setdefault(key, end)
        if known != end:
            self.head = self.head + (self.Offset() - self._begun)
        return known
