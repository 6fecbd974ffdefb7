"""Heads against the recurrences they stand for, run step by step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from omnigan_music.networks.heads import drum_notes, monophonic_notes, polyphonic_notes


def straight_through(hard: Tensor, soft: Tensor) -> Tensor:
    return hard + (soft - soft.detach())


def gate(logits: Tensor) -> Tensor:
    soft = torch.sigmoid(logits)
    return straight_through((logits > 0).to(soft), soft)


def monophonic_loop(pitch: Tensor, attack: Tensor) -> Tensor:
    soft = pitch.softmax(-1)
    new = straight_through(torch.nn.functional.one_hot(soft.argmax(-1), soft.shape[-1]), soft)
    opened = gate(attack)
    sounding = torch.zeros_like(new[:, :, 0])
    roll, onsets = [], []
    for step in range(pitch.shape[2]):
        e = torch.ones_like(opened[:, :, step]) if step == 0 else opened[:, :, step]
        e = e.unsqueeze(-1)
        sounding = e * new[:, :, step] + (1 - e) * sounding
        roll.append(sounding)
        onsets.append(e * new[:, :, step])
    return torch.stack([torch.stack(roll, 2), torch.stack(onsets, 2)], 1)[..., :-1]


def polyphonic_loop(attack: Tensor, release: Tensor) -> Tensor:
    on, off = gate(attack), gate(release)
    sounding = torch.zeros_like(on[:, :, 0])
    roll = []
    for step in range(attack.shape[2]):
        held = sounding * (1 - off[:, :, step])
        sounding = on[:, :, step] + (1 - on[:, :, step]) * held
        roll.append(sounding)
    return torch.stack([torch.stack(roll, 2), on], 1)


Head = Callable[[Tensor, Tensor], Tensor]


@pytest.mark.parametrize(
    ("head", "loop", "rest"),
    [(monophonic_notes, monophonic_loop, 1), (polyphonic_notes, polyphonic_loop, 0)],
)
@given(
    size=st.tuples(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 3)),
    scale=st.floats(0.1, 6),
)
@settings(max_examples=40)
def test_values_and_gradients_are_those_of_the_loop(
    head: Head, loop: Head, rest: int, size: tuple[int, int, int], scale: float
) -> None:
    seed, steps, tracks = size
    rng = torch.Generator().manual_seed(seed)
    cells = (2, tracks, steps, 4 + rest)
    shapes = [cells, cells[:3] if rest else cells]
    logits = [torch.randn(s, generator=rng, dtype=torch.float64) * scale for s in shapes]
    weights = torch.randn((2, 2, *cells[1:3], 4), generator=rng, dtype=torch.float64)
    ours, theirs = (
        [x.clone().requires_grad_() for x in logits],
        [x.clone().requires_grad_() for x in logits],
    )
    out, expected = head(*ours), loop(*theirs)
    assert torch.equal(out, expected)
    grads = torch.autograd.grad((out * weights).sum(), ours, materialize_grads=True)
    wanted = torch.autograd.grad((expected * weights).sum(), theirs, materialize_grads=True)
    for grad, want in zip(grads, wanted, strict=True):
        torch.testing.assert_close(grad, want, rtol=1e-9, atol=1e-12)


def test_a_closed_gate_goes_on_with_the_note() -> None:
    pitch = torch.zeros(1, 1, 4, 3)
    pitch[0, 0, :, 1] = 5.0
    pitch[0, 0, 2] = torch.tensor([5.0, 0.0, 0.0])  # another pitch, but the gate stays shut
    attack = torch.tensor([[[-1.0, -1.0, -1.0, 1.0]]])
    roll, onsets = monophonic_notes(pitch, attack)[0, :, 0]
    assert roll.tolist() == [[0, 1]] * 4
    assert onsets.tolist() == [[0, 1], [0, 0], [0, 0], [0, 1]]


def test_a_rest_is_silence_without_an_onset() -> None:
    pitch = torch.tensor([[[[0.0, 0.0, 9.0], [9.0, 0.0, 0.0]]]])
    out = monophonic_notes(pitch, torch.ones(1, 1, 2))
    assert out[0, :, 0].tolist() == [[[0, 0], [1, 0]], [[0, 0], [1, 0]]]


def test_drum_hits_have_no_length() -> None:
    out = drum_notes(torch.tensor([[[[1.0, -1.0], [-1.0, -1.0], [1.0, 1.0]]]]))
    assert torch.equal(out[:, 0], out[:, 1])
    assert out[0, 0, 0].tolist() == [[1, 0], [0, 0], [1, 1]]


@pytest.mark.parametrize(("notes", "more"), [(monophonic_notes, 1), (polyphonic_notes, 0)])
@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_numbers_that_are_none_make_notes_that_are_none(
    notes: Callable[..., Tensor], more: int, wrong: float
) -> None:
    """Whoever looks at notes can then say so; a place in a table would have been out of it."""
    logits = torch.full((1, 1, 8, 3), wrong)
    gates = torch.full((1, 1, 8) if more else (1, 1, 8, 3), float("nan"))
    assert bool(notes(logits, gates).isnan().any())
