"""Each rule about networks and training fails on a domain that was broken for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from omnigan.domain import Domain
from omnigan.testing import check_domain
from omnigan.testing.networks import NETWORK_CHECKS
from omnigan.testing.training import TRAINING_CHECKS


class Around(nn.Module):
    """A network inside a function of it and its inputs."""

    def __init__(self, network: nn.Module, call: Callable[..., Any]) -> None:
        super().__init__()
        self.network = network
        self.call = call

    def forward(self, *args: Tensor, **cond: Tensor) -> Any:
        return self.call(self.network, *args, **cond)


def _writing(change: Callable[[Tensor], Any]) -> dict[str, Any]:
    """Change what the generator returns."""
    return _around_generator(lambda network: Around(network, lambda net, **z: change(net(**z))))


def _around_generator(wrap: Callable[[nn.Module], nn.Module]) -> dict[str, Any]:
    return {"generator": lambda self: wrap(super(type(self), self).generator())}


def _judging(change: Callable[[list[Tensor], Tensor], Any]) -> dict[str, Any]:
    """Change what the discriminator returns, given its logits and its input."""

    def call(network: nn.Module, x: Tensor, **cond: Tensor) -> Any:
        return change(network(x, **cond), x)

    return {"discriminator": lambda self: Around(super(type(self), self).discriminator(), call)}


class _Counting(nn.Module):
    """Counts its calls, in a buffer or not, and may let the count show."""

    def __init__(self, network: nn.Module, buffer: bool, shows: Callable[[bool], float]) -> None:
        super().__init__()
        self.network = network
        self.shows = shows
        self.register_buffer("calls", torch.zeros(()), persistent=buffer)

    def forward(self, **inputs: Tensor) -> Any:
        self.calls += 1
        return self.network(**inputs) * (1 + self.shows(self.training) * self.calls)


class _Hidden(nn.Module):
    """Scales by a random number that is not in the state dict."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.scale = 0.5 + 0.1 * torch.rand(())

    def forward(self, **inputs: Tensor) -> Any:
        return self.network(**inputs) * self.scale


def _with_buffer(network: nn.Module, value: float) -> nn.Module:
    """Return a network with one more buffer, which has no say."""
    network.register_buffer("extra", torch.tensor([value, 1.0]))
    return network


class _Tied(nn.Module):
    """A buffer is a view of a weight."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.other = nn.Parameter(torch.ones(2))
        self.register_buffer("view", self.other.detach()[:1])

    def forward(self, **inputs: Tensor) -> Any:
        return self.network(**inputs) * self.other


class _Extra(nn.Module):
    """A discriminator with one more critic, a function of x, that has one more weight."""

    def __init__(self, network: nn.Module, judge: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.network = network
        self.judge = judge
        self.extra = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor, **cond: Tensor) -> Any:
        return [*self.network(x, **cond), self.judge(self.extra, x)]


def _extra(judge: Callable[[Tensor, Tensor], Tensor]) -> dict[str, Any]:
    return {"discriminator": lambda self: _Extra(super(type(self), self).discriminator(), judge)}


class _Once(torch.autograd.Function):
    """The identity, with a derivative that has none."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(context: Any, slope: Tensor) -> Any:
        return slope


def _blind(network: nn.Module, x: Tensor, **cond: Tensor) -> Any:
    with torch.no_grad():
        return network(x, **cond)


def _once(network: nn.Module, x: Tensor, **cond: Tensor) -> Any:
    return network(_Once.apply(x), **cond)


def _calling(call: Callable[..., Any]) -> dict[str, Any]:
    return {"discriminator": lambda self: Around(super(type(self), self).discriminator(), call)}


OUTPUT = "generator_output_fits_the_space"
PURE = "generator_is_pure"
REACHES = "gradient_reaches_every_generator_weight"
LOGITS = "discriminator_returns_logits"
MIXES = "discriminator_does_not_mix_examples"
TWICE = "discriminator_can_be_differentiated_twice"
WEIGHTS = "gradient_reaches_every_discriminator_weight"
AUGMENT = "augmentation_is_differentiable"
TENSORS = "weights_are_plain_tensors"
ALL = "weights_are_all_there_is"
RESUMES = "training_resumes_exactly"

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    (OUTPUT, "where (4, 2) was expected", _writing(lambda x: x[:, None])),
    (OUTPUT, "not torch.float32", _writing(lambda x: x.double())),
    (OUTPUT, "NaN", _writing(lambda x: x * math.inf)),
    (OUTPUT, "beyond the space's", _writing(lambda x: x + 9)),
    (PURE, "torch's global generator", _writing(lambda x: x + 0.01 * torch.rand_like(x))),
    (PURE, "two outputs", _around_generator(lambda g: _Counting(g, True, lambda training: 0.1))),
    (
        PURE,
        "changed its own weights or buffers",
        _around_generator(lambda g: _Counting(g, True, lambda training: 0.0)),
    ),
    (REACHES, "cannot be back-propagated", _calling(_blind)),
    (REACHES, "No gradient reaches", _writing(lambda x: x.detach().requires_grad_())),
    (REACHES, "is always zero", _writing(lambda x: 0 * x + x.detach())),
    (LOGITS, "returned a dict", _judging(lambda critics, x: {"logits": critics})),
    (LOGITS, "an empty list", _judging(lambda critics, x: [])),
    (LOGITS, "Output 1", _judging(lambda critics, x: [critics[0], critics[1].mean()])),
    (LOGITS, "Output 0", _judging(lambda critics, x: [critics[0] * math.nan, critics[1]])),
    (
        MIXES,
        "Output 1",
        _judging(lambda critics, x: [critics[0], critics[1] - critics[1].mean()]),
    ),
    (TWICE, "cannot be computed", _calling(_once)),
    (TWICE, "does it look at x", _extra(lambda weight, x: weight + 0 * x.sum(1))),
    (TWICE, "sends no gradient", _extra(lambda weight, x: weight + x.sum(1))),
    (WEIGHTS, "'extra'", _extra(lambda weight, x: x.square().sum(1) * weight.detach())),
    (AUGMENT, "two results", {"augment": lambda self, x, s, rng: x + s * torch.rand(())}),
    (AUGMENT, "augment() made (2, 2)", {"augment": lambda self, x, s, rng: x[:2]}),
    (AUGMENT, "comes back", {"augment": lambda self, x, s, rng: x.detach() + 1}),
    (TENSORS, "share their memory", _around_generator(_Tied)),
    (ALL, "neither a weight nor a buffer", _around_generator(_Hidden)),
    (ALL, "'extra' holds numbers", _around_generator(lambda g: _with_buffer(g, math.nan))),
    (
        RESUMES,
        "another generator",
        _around_generator(lambda g: _Counting(g, False, lambda training: 0.01 * training)),
    ),
    (RESUMES, "d_loss", _judging(lambda critics, x: [logits.log() for logits in critics])),
]


def test_a_broken_rule_is_named(
    complaint: Callable[..., str], rule: str, phrase: str, methods: dict[str, Any]
) -> None:
    assert phrase in complaint(rule, methods)


def test_a_mask_of_infinities_is_no_fault(changed: Callable[..., Domain]) -> None:
    methods = _around_generator(lambda g: _with_buffer(g, -math.inf))
    check_domain(changed(methods), checks=TRAINING_CHECKS)


def test_every_rule_is_broken_here() -> None:
    rules = {check.__name__ for check in (*NETWORK_CHECKS, *TRAINING_CHECKS)}
    assert rules == {rule for rule, _, _ in BROKEN}
