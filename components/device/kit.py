"""The integration kit: a class for Python, Kotlin and Swift each, written for the inputs of one very file; what makes
packages of them stands in `packages`.

`write_kit` is all; the templates lie in `kit_templates/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

import jinja2

from data.categories import MODULUS, TEXT_BYTES
from data.spec import wall_clock
from data.tensor_names import is_plain, snake
from data.vocabulary import Input, Interface

KOTLIN, SWIFT = "kotlin/src/main/kotlin/predictor/Predictor.kt", "swift/Sources/Predictor/Predictor.swift"
FILES = {"predict.py": "python", KOTLIN: "kotlin", SWIFT: "swift"}
"""Files of the kit, each with its language."""

# How each language writes a control character within quotes.
_CONTROL = {"python": "\\x{:02x}", "kotlin": "\\u{:04x}", "swift": "\\u{{{:x}}}", "c": "\\{:03o}"}
_CONTROL["javascript"] = _CONTROL["python"]
_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_SPACES += "\u2028\u2029\u202f\u205f\u3000"
"""What `data.stored.text_of` takes off both ends of a text; each language has other ideas of its own."""
# A parameter must be none of these in any of them, nor a name that the examples use themselves.
_RESERVED = (
    "and as assert async auto await bool bytes case cast catch category char class const continue data datetime "
    "def default defer del delete do double elif else enum except explicit export extension extern false finally "
    "fix float for friend from fun func global goto guard id if import in init inline inout inputs int integer "
    "interface internal interpreter is it json lambda let long map mutable namespace new nil none nonlocal not np "
    "null number numpy object operator or out output override package pass path prediction print private "
    "protected protocol public raise register rest return row runner self set shape short signed sizeof static "
    "std str string struct subscript super switch sys template tensors this throw throws time true try type "
    "typedef typeof union unsigned using val var virtual void volatile wall_clock when where while with xor yield "
)


@dataclass(frozen=True)
class Argument:
    """One input as the examples take it.

    Attributes:
        name: of the tensor in the file.
        kind: how a value becomes a tensor `[1]`: `number` is float32, NaN if missing; `category` is int32, the place
            of a text in the vocabulary counted from 1 (without spaces around, `True` as `true`, `1.0` as `1`, as
            `data.stored.text_of` has it), 0 if missing, and if unknown where there are no `oov_buckets`;
            `time` is int32, seconds that a clock on the wall has shown since 1970.
        snake, camel: the parameter's name, by the languages' customs.
        note: meaning and training range, on one line.
        vocabulary: texts of a category in the order of their ids; empty for all else.
        range: smallest and largest value in training.
        oov_buckets: unknown texts share so many ids behind the vocabulary, by a hash (`data.categories.oov_bucket`).
    """

    name: str
    kind: Literal["number", "category", "time"]
    snake: str
    camel: str
    note: str
    vocabulary: tuple[str, ...]
    oov_buckets: int
    range: tuple[float, float] | None


def write_kit(interface: Interface) -> dict[str, str]:
    """Text of each example by file name.

    Args:
        interface: as the manifest tells it; every tensor is of shape `[1]`.

    Returns:
        The texts of `FILES`; `predict.py` runs as it is from within the version's folder.
    """
    about = told(interface)
    return {file: rendered(file, language, about) for file, language in FILES.items()}


def told(interface: Interface) -> dict[str, Any]:
    """What every template may speak of; here alone stands what the result is."""
    taken, output = arguments(interface.inputs), interface.output
    return {
        "arguments": taken,
        "categories": [one for one in taken if one.kind == "category"],
        "hashed": any(one.oov_buckets for one in taken),
        "has_time": any(one.kind == "time" for one in taken),
        "spaces": _SPACES,
        "text_bytes": TEXT_BYTES,
        "modulus": MODULUS,
        "output": output.name,
        "label": _one_line(output.source_column or "the label"),
        "kind": output.kind,
        "classes": output.classes or [],
        "outputs": output.shape[-1],
        "threshold": output.decision.threshold if output.decision else None,
        "result": _one_line(f"{output.meaning}, {output.unit or 'no unit'}"),
    }


def rendered(path: str, language: str, about: Mapping[str, Any]) -> str:
    """A template by its path, in the language that says how texts are quoted."""
    return _environment(language).get_template(f"{path}.j2").render(about)


def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "kit_templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # source code, and every text in it passes through `quoted` or `_one_line`
    )
    environment.filters["quoted"] = lambda text: quoted(text, language)
    environment.filters["escaped"] = lambda text: "".join(_escape(one, language) for one in text)
    return environment


def _escape(letter: str, language: str) -> str:
    """A letter of 16 bits as the text of a literal, readable where the letter is not; in C its bytes in UTF-8."""
    if language == "c":
        return "".join(f"\\{byte:03o}" for byte in letter.encode())
    return f"\\u{{{ord(letter):x}}}" if language == "swift" else f"\\u{ord(letter):04x}"


def quoted(text: str, language: str) -> str:
    """A string literal of one of the languages, whatever the text holds."""
    # In C two question marks and what follows may be a trigraph.
    special = {"kotlin": '\\"$', "c": '\\"?'}.get(language, '\\"')
    escaped = (
        f"\\{one}" if one in special else _CONTROL[language].format(ord(one)) if one < " " or one == "\x7f" else one
        for one in text
    )
    return f'"{"".join(escaped)}"'


def arguments(inputs: Sequence[Input]) -> list[Argument]:
    """The inputs as the manifest lists them, each with a name that every language takes."""
    found: list[Argument] = []
    for one in inputs:
        name = _identifier(one.source_column, {other.camel for other in found})
        found.append(
            Argument(
                name=one.name,
                kind=_kind(one),
                snake=name,
                camel=_camel(name),
                note=_note(one),
                vocabulary=tuple(one.vocabulary or ()),
                oov_buckets=one.oov_buckets,
                range=one.training_range,
            )
        )
    return found


def _kind(one: Input) -> Literal["number", "category", "time"]:
    if one.role == "categorical":
        return "category"
    return "time" if one.role == "time" else "number"


def _identifier(name: str, taken: set[str]) -> str:
    """`Trip Start` to `trip_start`: lower-case words of ASCII letters and digits, no reserved word, not `taken`.

    Names that differ in snake case can be one in camel case, so those are what is taken: `a_2` and `a2`.
    """
    words = snake(name)
    if not words or words[0].isdigit() or words in _RESERVED.split():
        words = f"column_{words}".rstrip("_")
    number, free = 2, words
    while _camel(free) in taken:
        free, number = f"{words}_{number}", number + 1
    return free


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _note(one: Input) -> str:
    column = one.source_column
    return _one_line(_meaning(one) if is_plain(column) else f"{column!r}: {_meaning(one)}")


def _meaning(one: Input) -> str:
    told = one.training_range
    if one.role == "time":
        days = [datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d") for seconds in told or ()]
        said = f"start on the {wall_clock(str(one.time_zone))}"
        return f"{said}; trained on {' to '.join(days)}" if days else said
    return f"{one.meaning}; trained on {told[0]:g} to {told[1]:g}" if told is not None else one.meaning


def _one_line(text: str) -> str:
    """Fit for a comment: no line break, and no backslash at the end, which C would read as one."""
    return " ".join(text.split()).rstrip("\\ ")
