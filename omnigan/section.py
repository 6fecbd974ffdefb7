"""The base of every recipe section, which needs no torch: reports read recipes without it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["DomainConfig", "Section"]


class Section(BaseModel):
    """Base of every recipe section: unknown keys are errors, numbers finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DomainConfig(Section):
    """The three recipe sections that belong to a domain; subclass and narrow their types."""

    data: Section = Section()
    generator: Section = Section()
    discriminator: Section = Section()
