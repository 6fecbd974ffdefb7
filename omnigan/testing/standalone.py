"""Rules for what programs are told that use an exported generator without its domain."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import torch
from torch import Tensor

from omnigan.domain import Domain, Draw, Standalone
from omnigan.exporting.onnx.inputs import Input, inputs_of, unchoosable
from omnigan.exporting.onnx.program import example_for
from omnigan.sampling import Trained
from omnigan.testing.subject import Check, Subject, call_of, require, signature_of

__all__ = ["STANDALONE_CHECKS"]

NUMBERS = 20_000
"""As many of a latent tensor are compared with their distribution, or more."""
EXAMPLES = 200
"""And as many examples, or more; so many are drawn of each choice."""
LABELS = 8
"""Most labels whose choices are looked at."""
CRITICAL = 2.7
"""Of Kolmogorov's distribution: exceeded by chance once in a million."""


def settings_can_be_chosen(subject: Subject) -> None:
    """Settings that ``standalone`` names are numbers with bounds, and inputs of the generator."""
    standalone = subject.domain.standalone()
    require(
        isinstance(standalone, Standalone),
        f"standalone() must give a Standalone, not a {type(standalone).__name__}.",
    )
    call = call_of(subject.networks()[0])
    signature = signature_of(call)
    taken = {} if signature is None else signature.parameters
    anything = signature is None or any(e.kind is e.VAR_KEYWORD for e in taken.values())
    for name, draw in standalone.draws.items():
        require(
            isinstance(draw, Draw),
            f"standalone() must say how '{name}' is drawn as a Draw, not as {draw!r}.",
        )
        wrong = unchoosable(name, draw)
        require(wrong is None, f"standalone() has a setting '{name}', {wrong}")
        require(
            draw.kind != "setting" or anything or name in taken,
            f"standalone() has a setting '{name}', which the generator's {call.__name__}() does "
            "not take.",
        )


def inputs_are_drawn_as_standalone_says(subject: Subject) -> None:
    """What ``latent`` and ``complete`` draw has the distributions that ``standalone`` declares."""
    domain = _without_data(subject.domain)
    draws = domain.standalone().draws
    trained = Trained(domain, subject.networks()[0], 0, torch.device("cpu"))
    inputs = inputs_of(trained)
    strangers = sorted(draws.keys() - {each.name for each in inputs})
    require(not strangers, f"standalone() says how to draw {strangers}, which are no inputs.")
    json.dumps([each.to_json() for each in inputs], allow_nan=False)
    for each in inputs:
        if each.draw is not None and each.draw.kind == "choice":
            _has_choices(domain, each, each.draw)
        elif each.draw is not None and each.role == "latent":
            _has_distribution(domain, each.name, each.example.numel(), each.draw)


def _without_data(domain: Domain) -> Domain:
    """Return the domain as an export has it."""

    def refuse(*args: object, **options: object) -> NoReturn:
        raise AssertionError("standalone(), latent() and complete() of an export have no data.")

    rebuilt = type(domain)(domain.config)
    for name in ("source", "resolve"):
        setattr(rebuilt, name, refuse)
    return rebuilt


def _has_distribution(domain: Domain, name: str, numbers: int, draw: Draw) -> None:
    """Compare a latent tensor with its distribution: all numbers together, and place by place."""
    require(
        draw.kind in ("normal", "gumbel", "uniform"),
        f"standalone() says that the latent '{name}' is drawn as '{draw.kind}'; it must be "
        "'normal', 'gumbel', 'uniform' or 'choice'.",
    )
    count = max(EXAMPLES, -(-NUMBERS // numbers))
    drawn = domain.latent(count, torch.Generator().manual_seed(0))[name].double()
    shares = _below(draw, drawn.reshape(count, -1))
    together, places = shares.flatten().sort().values, torch.arange(shares.numel())
    gap = (together - (places + 0.5) / len(places)).abs().max() * len(places) ** 0.5
    require(
        float(gap) < CRITICAL,
        f"latent()['{name}'] is not {draw.kind}, as standalone() says: the distributions differ by "
        f"{float(gap) / len(places) ** 0.5:.3f}.",
    )
    # A uniform share has mean 1/2 and variance 1/12; six standard errors are never seen by chance.
    means = (shares.mean(0) - 0.5).abs().max() * (12 * count) ** 0.5
    require(
        float(means) < 6,
        f"latent()['{name}'] is not {draw.kind} everywhere, as standalone() says: some of its "
        "places have another mean.",
    )


def _below(draw: Draw, x: Tensor) -> Tensor:
    """Return which share of a distribution lies below each number."""
    if draw.kind == "normal":
        return 0.5 * (1 + torch.erf(x * 0.5**0.5))
    if draw.kind == "gumbel":
        return (-(-x).exp()).exp()
    return (x - draw.low) / (draw.high - draw.low)


def _has_choices(domain: Domain, given: Input, draw: Draw) -> None:
    """Compare what is drawn under each label with the declared choices."""
    name = given.name
    labels: list[str | None] = [*domain.labels()] or [None]
    require(
        len(draw.values) == len(labels),
        f"standalone() has {len(draw.values)} lists of values for '{name}', must have "
        f"{len(labels)}.",
    )
    rng = torch.Generator().manual_seed(0)
    method = "latent()" if given.role == "latent" else "complete()"
    for label, values in list(zip(labels, draw.values, strict=True))[:LABELS]:
        drawn = _drawn(domain, given, label, rng)
        strangers = sorted(set(drawn) - set(values))
        require(
            not strangers,
            f"{method} draws '{name}' as {strangers}, which standalone() does not name.",
        )
        expected = len(drawn) / len(values)
        rarest = min(drawn.count(value) for value in values)
        require(
            rarest > expected - 6 * expected**0.5,
            f"{method} draws a value of '{name}' {rarest} times in {len(drawn)}; standalone() says "
            f"that each of {len(values)} is as likely as the others.",
        )


def _drawn(domain: Domain, given: Input, label: str | None, rng: torch.Generator) -> list[int]:
    """Return the numbers of an input of many examples with a label."""
    if given.role == "latent":
        return [int(number) for number in domain.latent(EXAMPLES, rng)[given.name].flatten()]
    cond = {} if label is None else domain.condition(label, 1)
    examples = [domain.complete(cond, rng)[given.name] for _ in range(EXAMPLES)]
    return [int(number) for number in torch.cat(examples).flatten()]


def standalone_writes_what_examples_are(subject: Subject) -> None:
    """``standalone`` names what examples are, in JSON, and a module that writes them as files."""
    standalone = _without_data(subject.domain).standalone()
    require(
        isinstance(standalone, Standalone) and isinstance(standalone.show.get("kind"), str),
        "standalone() must give a Standalone whose show says which 'kind' examples are.",
    )
    show = json.loads(json.dumps(dict(standalone.show), allow_nan=False))
    compile(example_for(standalone), "example.py", "exec")
    write = import_module(standalone.writer).write
    made = subject.generated(subject.batch())
    path = Path(write(made[0].numpy(), show, subject.folder / "000"))
    require(
        path.is_file() and path.stat().st_size > 0,
        f"{standalone.writer}.write() must write a file and return its path.",
    )


STANDALONE_CHECKS: tuple[Check, ...] = (
    settings_can_be_chosen,
    inputs_are_drawn_as_standalone_says,
    standalone_writes_what_examples_are,
)
