"""The base of every recipe section, which needs no torch: reports read recipes without it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator

__all__ = ["DomainConfig", "Section"]


class Section(BaseModel):
    """Base of every recipe section: unknown keys are errors, numbers finite.

    Some keys mean something only after a certain choice: a window length belongs to networks that
    make spectra. A section names them in ``OPTIONS``. A recipe that sets one without its choice is
    refused, and stored recipes leave them out, so that new defaults never trouble old runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    OPTIONS: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {}
    """For a key that chooses (``body``), the options that belong to some of its values only, each
    with those values. Where the key holds a list, one of them is enough."""

    @model_validator(mode="after")
    def _options_go_with_a_choice(self) -> Self:
        for name, key, values in self._strangers():
            if getattr(self, name) != self._default(name):
                raise ValueError(f"has {name}, which is only for {key}: {' or '.join(values)}")
        return self

    def stored(self) -> dict[str, Any]:
        """Return the JSON values that files keep: without the options of what was not chosen."""
        values = self.model_dump(mode="json")
        self._leave_out_strangers(values)
        return values

    @classmethod
    def relevant(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what an earlier version has stored as :meth:`stored` would: without the options
        of what was not chosen, whose defaults may have been others.

        Args:
            values: Unchecked.
        """
        kept = dict(values)
        for key, options in cls.OPTIONS.items():
            chosen = values.get(key, cls._default(key))
            for name, needed in options.items():
                if not _goes_with(needed, chosen):
                    kept.pop(name, None)
        for name, field in cls.model_fields.items():
            kind, part = field.annotation, kept.get(name)
            if isinstance(kind, type) and issubclass(kind, Section) and isinstance(part, Mapping):
                kept[name] = kind.relevant(part)
        return kept

    def _leave_out_strangers(self, values: dict[str, Any]) -> None:
        for name, _, _ in self._strangers():
            del values[name]
        for name, part in self:
            if isinstance(part, Section) and isinstance(values.get(name), dict):
                part._leave_out_strangers(values[name])

    def _strangers(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Yield each option that means nothing here: its name, the key and the values it needs."""
        for key, options in self.OPTIONS.items():
            chosen = getattr(self, key)
            for name, values in options.items():
                if not _goes_with(values, chosen):
                    yield name, key, values

    @classmethod
    def _default(cls, name: str) -> object:
        return cls.model_fields[name].get_default(call_default_factory=True)


def _goes_with(needed: Collection[str], chosen: object) -> bool:
    """Tell whether a choice, or one of several, is one of those that an option belongs to."""
    several = chosen if isinstance(chosen, list | tuple) else [chosen]
    return any(each in needed for each in several)


class DomainConfig(Section):
    """The three recipe sections that belong to a domain; subclass and narrow their types."""

    data: Section = Section()
    generator: Section = Section()
    discriminator: Section = Section()
