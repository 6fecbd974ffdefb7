"""What keys a recipe may have at each place, read off the models' annotations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

__all__ = ["known_keys", "models_at"]


def models_at(model: type[BaseModel], path: tuple[str, ...]) -> list[type[BaseModel]]:
    """Return the models that a value at ``path`` may be, several for a union."""
    annotations: list[Any] = [model]
    for key in path:
        annotations = [inner for outer in annotations for inner in _parts(outer, key)]
    return list(dict.fromkeys(m for annotation in annotations for m in _models(annotation)))


def known_keys(model: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    """Return the keys that a mapping at ``path`` may have; empty if any will do."""
    return list(dict.fromkeys(key for m in models_at(model, path) for key in m.model_fields))


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models among the alternatives of an annotation, not those inside containers."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if _is_container(annotation):
        return []
    return [m for part in get_args(annotation) for m in _models(part)]


def _parts(annotation: Any, key: str) -> list[Any]:
    """Return the annotations of one key of a mapping, or of one item of a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(key)
        return [] if field is None else [field.annotation]
    arguments = get_args(annotation)
    if _is_container(annotation):
        origin = get_origin(annotation)
        return list(arguments[1:] if issubclass(origin, Mapping) else arguments)
    return [inner for part in arguments for inner in _parts(part, key)]


def _is_container(annotation: Any) -> bool:
    origin = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Mapping | list | tuple)
