"""Options that belong to some choices only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal, get_args

import pytest
from pydantic import ValidationError

from omnigan.plugins import load_domain
from omnigan.section import DomainConfig, Section


class Engine(Section):
    OPTIONS: ClassVar = {
        "body": {"cylinders": ("petrol", "diesel"), "volts": ("electric",)},
        "extras": {"watts": ("heater", "radio")},
    }

    body: Literal["petrol", "diesel", "electric"] = "petrol"
    extras: tuple[Literal["heater", "radio", "mirror"], ...] = ()
    cylinders: int = 4
    volts: int = 400
    watts: int = 50


class Car(Section):
    engine: Engine = Engine()
    doors: int = 4


def test_an_option_of_another_choice_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="has volts, which is only for body: electric"):
        Engine(volts=800)
    with pytest.raises(ValidationError, match="has watts, which is only for extras: heater or"):
        Engine(extras=("mirror",), watts=60)
    assert Engine(extras=("mirror", "radio"), watts=60).watts == 60
    assert Engine(body="diesel", cylinders=6).cylinders == 6


def test_what_is_stored_leaves_out_the_options_of_other_choices() -> None:
    car = Car(engine=Engine(body="electric", extras=("heater",)))
    assert car.stored() == {
        "engine": {"body": "electric", "extras": ["heater"], "volts": 400, "watts": 50},
        "doors": 4,
    }
    assert Car.model_validate(car.stored()) == car


def test_a_new_default_does_not_trouble_what_was_stored_before() -> None:
    class Later(Engine):
        volts: int = 800

    assert Later.model_validate(Engine(body="diesel").stored()).cylinders == 4
    assert Later.model_validate(Engine(body="electric").stored()).volts == 400


def test_what_was_stored_before_loses_the_options_of_other_choices() -> None:
    kept = {"body": "diesel", "extras": ["radio"], "cylinders": 6, "watts": 70}
    stored = {"engine": {**kept, "volts": 800}, "doors": 2, "wheels": 3}
    assert Car.relevant(stored) == {"engine": kept, "doors": 2, "wheels": 3}
    assert stored["engine"]["volts"] == 800, "what was given stays as it was"
    assert Car.relevant({"engine": {"volts": 1, "cylinders": 2}}) == {"engine": {"cylinders": 2}}
    for odd in (None, 5, [], {"body": {}}, {"body": 5}, {"extras": [[], None]}, {"extras": 5}):
        with pytest.raises(ValidationError):
            Car.model_validate(Car.relevant({"engine": odd}))


def _sections(config: type[Section]) -> Iterator[type[Section]]:
    yield config
    for field in config.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _sections(field.annotation)


def _words(annotation: object) -> Iterator[Any]:
    for part in get_args(annotation):
        yield from _words(part) if get_args(part) else (part,)


@pytest.mark.parametrize("name", ["audio", "image", "music", "text"])
def test_options_are_named_as_the_fields_and_choices_are(name: str) -> None:
    config = load_domain(name).Config
    assert issubclass(config, DomainConfig)
    for section in _sections(config):
        for key, options in section.OPTIONS.items():
            words = {*_words(section.model_fields[key].annotation)}
            for option, values in options.items():
                assert option in section.model_fields
                assert set(values) < words
