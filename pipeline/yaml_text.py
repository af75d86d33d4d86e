"""YAML as a person means it: a key stands once and is a text, or it is told where that is not so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_MERGE, _TEXT = "tag:yaml.org,2002:merge", "tag:yaml.org,2002:str"
_READ_AS = {"bool": "true or false", "int": "a number", "float": "a number", "null": "nothing", "timestamp": "a date"}


class YamlError(ValueError):
    """The text is no YAML, or not what its writer can have meant; the message has the line and the remedy."""


def read_text(path: Path) -> str:
    """The text of a file, UTF-8 with or without a byte order mark.

    Raises:
        FileNotFoundError: there is no such file.
        YamlError: it cannot be read, or is in another encoding.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise
    except IsADirectoryError as error:
        raise YamlError("is a folder; name a file in it") from error
    except OSError as error:
        raise YamlError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line, byte = error.object[: error.start].count(b"\n") + 1, error.object[error.start]
        told = f"is not readable as YAML: line {line} holds the byte 0x{byte:02x}, which is no UTF-8"
        raise YamlError(f"{told}; save the file as UTF-8") from error


def parse(text: str) -> Any:
    """The value of a document; anchors and merge keys (`<<`) are resolved.

    Raises:
        YamlError: the text is no YAML, a key is given twice, or is no text.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        fault = next(_faults(node), "") if node else ""
        if fault:
            raise YamlError(fault)
        return loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        remedy = "; indent with spaces, not with tabs" if "'\\t'" in str(error) else ""
        told = str(error).replace('in "<unicode string>", line', "in line")
        raise YamlError(f"is not readable as YAML: {told}{remedy}") from error
    except RecursionError as error:
        raise YamlError("is nested too deep") from error


def _faults(root: yaml.Node) -> Iterator[str]:
    """What is wrong with the keys, found on the nodes: afterwards a second key has replaced the first."""
    waiting, seen = [(root, "")], set()
    while waiting:
        node, place = waiting.pop()
        if id(node) in seen:  # an anchor may stand for a node that it lies in
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += [(one, place) for one in node.value]
        if isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if key.tag not in (_TEXT, _MERGE):
                    yield f"line {line}: {_no_text(key, place)}"
                    return
                name = f"{place}{key.value}"
                if name in lines:
                    yield f"{name} is given twice, in line {lines[name]} and in line {line}; keep one of them"
                lines[name] = line
                waiting.append((value, f"{name}."))


def _no_text(key: yaml.Node, place: str) -> str:
    within = f" of {place.rstrip('.')}" if place else ""
    if not isinstance(key, yaml.ScalarNode):
        return f"a key{within} is a list or a mapping; a key is a text"
    kind = _READ_AS.get(key.tag.rpartition(":")[2], key.tag)
    return f'the key {key.value or "(empty)"}{within} is read as {kind}; a key is a text, write "{key.value}" in quotes'
