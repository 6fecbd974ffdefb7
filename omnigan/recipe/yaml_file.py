"""YAML that remembers where everything was written, and refuses what people did not mean.

Scalars follow YAML 1.2: ``1e-3`` is a number, and ``on``, ``off``, ``yes`` and ``no`` are words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from omnigan.errors import UserError

__all__ = ["Document", "KeyPath", "parse_value", "parse_yaml", "read_yaml", "write_yaml"]

KeyPath = tuple[str, ...]
"""Where a value is in a recipe; list items are counted from "0"."""

_Where = Callable[[int], str]
"""Names a line of the text; line 0 is the text as a whole."""

_MOST_BYTES = 1_000_000
_MOST_VALUES = 50_000  # after aliases are expanded: a few of them can stand for billions
_MOST_DEPTH = 50

_FLOAT = re.compile(
    r"^(?:[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_INT = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_OPEN = re.compile(r"end of stream|<stream end>")
_HINTS = (
    (_OPEN, ". Is a bracket or a quotation mark open?"),
    (re.compile(r"'\\t'"), ". Indent lines with spaces, not with tabs."),
    (
        re.compile("mapping values are not allowed|could not find expected ':'"),
        ". Is a space missing behind a colon, or is a line indented too far?",
    ),
    (re.compile("<block end>"), ". Is a line indented otherwise than those that it belongs to?"),
)
"""What people mostly have done, by what PyYAML calls it."""
_TAG = "tag:yaml.org,2002:"
_SCALARS = [
    (f"{_TAG}bool", _BOOL, "tTfF"),
    (f"{_TAG}int", _INT, "-+0123456789"),
    (f"{_TAG}float", _FLOAT, "-+0123456789."),
    (f"{_TAG}null", _NULL, ["~", "n", "N", ""]),
]


@dataclass
class Document:
    """The values of a YAML file.

    Attributes:
        values: What it says.
        lines: Line of each key and list item, from 1.
        end: Where in the text the values end; None if there are none.
        is_plain: Whether they are one word or number without quotes.
    """

    values: Any
    lines: dict[KeyPath, int] = field(default_factory=dict)
    end: int | None = None
    is_plain: bool = False


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (a dict of this class alone)


class _Dumper(yaml.SafeDumper):
    """Quotes every string that either YAML 1.1 or 1.2 would read as something else."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Unicode's own line breaks survive only as escapes, which only double quotes allow.
    style = '"' if set(text) & set("\x85\u2028\u2029\ufeff") else None
    return dumper.represent_scalar(f"{_TAG}str", text, style=style)


_Dumper.add_representer(str, _text)
for _tag, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_tag, _pattern, list(_first))
    _Dumper.add_implicit_resolver(_tag, _pattern, list(_first))


def read_yaml(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        UserError: The file cannot be read, is not YAML, or is not fit for a recipe.
    """
    try:
        content = path.read_bytes()
    except IsADirectoryError:
        raise UserError(f"{path}: is a folder, not a recipe file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{path}: cannot be read: {reason}.") from error
    if len(content) > _MOST_BYTES:
        raise UserError(f"{path}: is larger than 1 MB, so it is hardly a recipe.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}:{line}: is not UTF-8 text; save the file as UTF-8.") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> Document:
    """Read YAML text; ``name`` is what error messages call it.

    Raises:
        UserError: The text is not YAML or not fit for a recipe.
    """
    return _parse(text, lambda line: f"{name}:{line}" if line else name)


def parse_value(text: str, where: str) -> Any:
    """Read one YAML value from the command line, where nothing is a comment.

    Raises:
        UserError: It is not YAML.
    """
    document = _parse(text, lambda line: where)
    if document.end is None:  # it is blank, or all of it would be a comment
        return text.strip() or None
    cut = text[document.end :].strip()
    if cut and not document.is_plain:
        raise UserError(
            f"{where}: '{cut}' would be a comment; put text that has a # in it in quotes."
        )
    return text.strip() if cut else document.values


def write_yaml(values: Any) -> str:
    """Return YAML text that :func:`parse_yaml` reads back to the same JSON values."""
    text: str = yaml.dump(
        values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )
    return text


def _parse(text: str, where: _Where) -> Document:
    try:
        loader = _Loader(text)
    except yaml.YAMLError as error:  # control characters
        raise UserError(f"{where(0)}: {_reason(error)}") from error
    try:
        node = loader.get_single_node()
        reader = _Reader(where)
        if node is None:
            return Document(None)
        is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
        return Document(reader.read(node, ()), reader.lines, node.end_mark.index, is_plain)
    except yaml.YAMLError as error:
        problem = str(getattr(error, "problem", None))
        unclosed = _OPEN.search(problem) is not None  # which is known at the end of the text only
        mark = getattr(error, "context_mark" if unclosed else "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        raise UserError(f"{where(line)}: {_reason(error)}") from error
    except RecursionError as error:
        raise UserError(f"{where(0)}: is nested too deeply for a recipe.") from error
    finally:
        loader.dispose()


def _reason(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None)
    hint = next((hint for sign, hint in _HINTS if sign.search(problem)), "")
    return f"is not valid YAML: {problem}{f' ({context})' if context else ''}{hint}"


class _Reader:
    """Turns a node tree into values, noting lines."""

    def __init__(self, where: _Where) -> None:
        self.where = where
        self.lines: dict[KeyPath, int] = {}
        self.count = 0

    def fail(self, node: yaml.Node, text: str) -> UserError:
        return UserError(f"{self.where(node.start_mark.line + 1)}: {text}")

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        self.count += 1
        if self.count > _MOST_VALUES:
            raise self.fail(node, f"stands for more than {_MOST_VALUES} values (aliases?).")
        if len(path) > _MOST_DEPTH:
            raise self.fail(node, "is nested too deeply for a recipe.")
        kind = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return self.sequence(node, path)
        if isinstance(node, yaml.ScalarNode) and kind in _SCALAR_OF:
            return self.scalar(node, kind)
        raise self.fail(node, f"the tag {node.tag!r} is not allowed in a recipe.")

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.fail(key_node, "a key must be a word, not a list or a mapping.")
            key = str(key_node.value)
            here = (*path, key)
            if key in values:
                dotted, first = ".".join(here), self.lines[here]
                raise self.fail(key_node, f"'{dotted}' is already given in line {first}.")
            self.lines[here] = key_node.start_mark.line + 1
            values[key] = self.read(value_node, here)
        return values

    def sequence(self, node: yaml.SequenceNode, path: KeyPath) -> list[Any]:
        values = []
        for index, item in enumerate(node.value):
            here = (*path, str(index))
            self.lines[here] = item.start_mark.line + 1
            values.append(self.read(item, here))
        return values

    def scalar(self, node: yaml.ScalarNode, kind: str) -> Any:
        try:
            return _SCALAR_OF[kind](node.value)
        except (ValueError, KeyError) as error:
            raise self.fail(node, f"{node.value[:40]!r} is not {_A[kind]}.") from error


def _int(text: str) -> int:
    return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


_SCALAR_OF: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": _int,
    "float": _float,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "null": lambda text: None,
}
_A = {"str": "text", "int": "an integer", "float": "a number", "bool": "true or false"}
