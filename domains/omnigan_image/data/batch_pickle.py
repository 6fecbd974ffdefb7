"""Reads the one shape of pickle that CIFAR batches have, as data, without running anything.

A pickle is a program that builds objects by calling what it names. Here its instructions are only
listed, by :mod:`pickletools`, and followed by hand: dictionaries, lists, numbers and texts are
built, and the three names that a NumPy array of bytes needs are known as words with a fixed
meaning. Whatever else a file names is refused, and nothing that it names is ever imported.
"""

from __future__ import annotations

import pickletools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["read_batch"]

_RECONSTRUCT = "_reconstruct"
_DTYPE = "dtype"
_NDARRAY = "ndarray"
_ENCODE = "encode"  # how Python 3 writes bytes in the protocol of Python 2
_MEANINGS = {
    "numpy.core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy._core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy dtype": _DTYPE,
    "numpy ndarray": _NDARRAY,
    "_codecs encode": _ENCODE,
}

_MARK: object = object()  # where the items of a list or a tuple begin
_VALUES = frozenset(
    (
        *("BINSTRING", "SHORT_BINSTRING", "STRING", "BINUNICODE", "UNICODE"),
        *("BINBYTES", "SHORT_BINBYTES", "BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1"),
    )
)
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "MARK": lambda: _MARK,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


@dataclass(frozen=True)
class _Word:
    """A name that the file uses, of those that are known."""

    meaning: str


@dataclass
class _Array:
    """An array that a later instruction fills in."""

    values: NDArray[np.uint8] | None = None


def read_batch(content: bytes) -> dict[str, Any]:
    """Return the dictionary in a pickle: its texts as str, its arrays as uint8 arrays.

    Raises:
        ValueError: It holds anything but dictionaries, lists, numbers, texts and uint8 arrays.
    """
    machine = _Machine()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes that are none, in a damaged file
            for opcode, argument, _ in pickletools.genops(content):
                machine.follow(opcode.name, argument)
        result = machine.stack[-1]
    except (IndexError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"its instructions do not fit together: {error!r}") from error
    if not isinstance(result, dict):
        raise ValueError("it does not hold a dictionary")
    return {_text(key): _plain(value) for key, value in result.items()}


class _Machine:
    """The stack and the memory that the instructions of a pickle work on."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}

    def follow(self, name: str, argument: Any) -> None:
        """Follow one instruction."""
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self.memory[int(argument)] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            self.stack.append(self.memory[int(argument)])
        elif name == "GLOBAL":
            self.stack.append(_Word(_meaning(argument)))
        elif name not in ("PROTO", "STOP"):
            self._combine(name)

    def _combine(self, name: str) -> None:
        """Follow an instruction that makes one value of several."""
        if name in _TUPLES:
            self.stack.append(tuple(self._popped(_TUPLES[name])))
        elif name == "TUPLE":
            self.stack.append(tuple(self._since_mark()))
        elif name in ("APPEND", "APPENDS"):
            items = self._popped(1) if name == "APPEND" else self._since_mark()
            _list(self.stack[-1]).extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = self._popped(2) if name == "SETITEM" else self._since_mark()
            _dictionary(self.stack[-1]).update(zip(items[::2], items[1::2], strict=True))
        elif name == "REDUCE":
            word, arguments = self._popped(2)
            self.stack.append(_made(word, arguments))
        elif name == "BUILD":
            (state,) = self._popped(1)
            _fill(self.stack[-1], state)
        else:
            raise ValueError(f"it has the instruction {name}, which no such file needs")

    def _popped(self, count: int) -> list[Any]:
        items = self.stack[-count:]
        if len(items) < count:
            raise IndexError("too few values")
        del self.stack[-count:]
        return items

    def _since_mark(self) -> list[Any]:
        place = max(n for n, item in enumerate(self.stack) if item is _MARK)
        items = self.stack[place + 1 :]
        del self.stack[place:]
        return items


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("items for something that is no list")
    return value


def _dictionary(value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise TypeError("entries for something that is no dictionary")
    return value


def _meaning(name: str) -> str:
    if name not in _MEANINGS:
        raise ValueError(f"it names '{name}', which no such file needs")
    return _MEANINGS[name]


def _made(word: Any, arguments: Any) -> Any:
    """Return what a call of a known name stands for."""
    if word == _Word(_RECONSTRUCT) and arguments[0] == _Word(_NDARRAY):
        return _Array()
    if word == _Word(_DTYPE) and arguments[0] == "u1":
        return np.uint8
    if word == _Word(_ENCODE) and arguments[1] == "latin1":
        return _bytes(arguments[0])
    raise ValueError("it holds an object other than texts, numbers and arrays of bytes")


def _fill(target: Any, state: Any) -> None:
    if target is np.uint8:
        return  # byte order and the like: a byte has none
    if not isinstance(target, _Array):
        raise ValueError("it holds an object other than texts, numbers and arrays of bytes")
    _, shape, dtype, by_columns, content = state
    if dtype is not np.uint8:
        raise ValueError("it holds an array of something else than bytes")
    values = np.frombuffer(_bytes(content), np.uint8)
    target.values = values.reshape(shape, order="F" if by_columns else "C")


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin1")


def _text(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, _Array):
        return value.values
    if isinstance(value, list):
        return [_text(item) if isinstance(item, bytes) else item for item in value]
    return _text(value) if isinstance(value, bytes) else value
