"""Rates of musical events against counting by hand, note by note."""

from __future__ import annotations

import torch
from torch import Tensor

from omnigan_music.grid import Grid, Voice
from omnigan_music.statistics import harmony, melody, rhythm

LOW = 59
"""Not a C, so that pitch classes cannot be mistaken for places on the pitch axis."""
PITCHES = 30


def grid(tracks: int, bars: int = 2, drums: int = 0) -> Grid:
    voices = [Voice(f"{n}", 0, n < drums, True, LOW, LOW + PITCHES - 1) for n in range(tracks)]
    return Grid(tuple(voices), 2, 4, 2, bars, 120.0)  # 4 steps a bar


def notes(layout: Grid, *tracks: list[tuple[int, int, int]]) -> Tensor:
    """Return one phrase from (first step, end, MIDI pitch) of each track."""
    x = torch.zeros(1, *layout.shape)
    for track, wanted in enumerate(tracks):
        for start, end, pitch in wanted:
            x[0, 0, track, start:end, pitch - LOW] = 1
            x[0, 1, track, start, pitch - LOW] = 1
    return x


def test_rhythm_counts_steps_between_attacks_and_what_bars_do_not_share() -> None:
    layout = grid(2)
    first = [(0, 2, 60), (2, 3, 62), (3, 7, 64), (7, 8, 60)]  # attacks at 0, 2, 3, 7
    second = [(0, 4, 60), (4, 8, 60)]
    rates = rhythm(notes(layout, first, second), layout)
    lengths = rates[:8].view(4, 2)  # intervals of 1 to 4 steps, two tracks
    seen = torch.tensor([7, 6, 5, 4])  # places from which an interval of 1, 2, ... can be seen
    expected = torch.tensor([[1.0, 0], [1, 0], [0, 0], [1, 1]]) / seen.unsqueeze(1)
    torch.testing.assert_close(lengths, expected)
    # Some track starts at 0, 2, 3, 4, 7; bar 1 (0 2 3) and bar 2 (0 3) differ in one step of four.
    torch.testing.assert_close(rates[8:], torch.tensor([5 / 8, 1 / 4]))


def test_melody_counts_each_move_once() -> None:
    layout = grid(1)
    x = notes(layout, [(0, 2, 60), (2, 3, 62), (3, 4, 62), (4, 5, 80), (5, 6, 67), (7, 8, 60)])
    rates = (melody(x, layout)[:27] * layout.steps).round().int()
    counts = {interval - 13: int(n) for interval, n in enumerate(rates) if n}
    # up 2, repeated, up 18 (beyond an octave), down 13 (likewise); the last follows a rest
    assert counts == {2: 1, 0: 1, 13: 1, -13: 1}


def test_melody_counts_the_pitch_classes_of_a_bar_and_how_far_apart_they_are() -> None:
    layout = grid(1)
    first = [(0, 1, 60), (1, 2, 64), (2, 3, 72), (3, 4, 67)]  # C E C G
    rates = melody(notes(layout, [*first, (4, 8, 65)]), layout)[27:34]
    # Bar 1 has three, a major third (4), a minor third (3) and a fourth (5) apart; bar 2 has one.
    torch.testing.assert_close(rates, torch.tensor([(3 + 1) / 2, 0, 0, 0.5, 0.5, 0.5, 0]) / 4)


def test_melody_tells_how_the_pitch_classes_of_a_bar_are_mixed() -> None:
    layout = grid(1)
    rates = melody(notes(layout, [(0, 3, 60), (3, 4, 79), (4, 6, 65)]), layout)[34:]
    # Bar 1 is 3/4 C and 1/4 G, seven semitones up and so five down; bar 2 all F.
    same, fifths = (9 / 16 + 1 / 16 + 1) / 2, (3 / 16) / 2
    torch.testing.assert_close(rates, torch.tensor([same, 0, 0, 0, 0, fifths, 0]))


def test_melody_leaves_drums_out() -> None:
    layout = grid(2, drums=1)
    x = notes(layout, [(0, 1, 60), (1, 2, 72)], [(0, 4, 60), (4, 8, 61)])
    rates = melody(x, layout)[:-14] * layout.steps
    assert rates.shape == (27,)
    assert rates.nonzero().flatten().tolist() == [14]


def test_harmony_counts_intervals_steps_of_crossing_and_the_mix_of_pitch_classes() -> None:
    layout = grid(2)
    upper, lower = [(0, 4, 64), (4, 8, 60)], [(0, 4, 60), (4, 6, 64)]
    rates = harmony(notes(layout, upper, lower), layout)
    classes = torch.zeros(12)
    classes[4] = 4 / 8  # first voice a third above the second for half of the phrase
    classes[8] = 2 / 8  # and a third below it, which is a sixth modulo the octave
    torch.testing.assert_close(rates[:12], classes)
    torch.testing.assert_close(rates[12], torch.tensor(2 / 8))
    # Of 14 sounding steps 8 are C and 6 are E.
    c, e = 8 / 14, 6 / 14
    mixed = torch.tensor([c * c + e * e, 0, 0, 0, 2 * c * e / 2, 0, 0])
    torch.testing.assert_close(rates[13:], mixed, atol=1e-6, rtol=0)


def test_harmony_is_the_same_in_every_key() -> None:
    layout = grid(3)
    rng = torch.Generator().manual_seed(0)
    low = (torch.rand(5, *layout.shape, generator=rng) < 0.2).float()
    low[..., -5:] = 0
    for up in (1, 5):
        moved = low.roll(up, -1)
        torch.testing.assert_close(harmony(moved, layout), harmony(low, layout))
        torch.testing.assert_close(melody(moved, layout), melody(low, layout))


def test_silence_has_no_events_and_a_finite_gradient() -> None:
    layout = grid(2)
    x = torch.zeros(2, *layout.shape, requires_grad=True)
    total = sum(statistic(x, layout).sum() for statistic in (rhythm, melody, harmony))
    (slope,) = torch.autograd.grad(total, x)
    assert bool(slope.isfinite().all())
    assert not rhythm(x, layout).any()
    assert not melody(x, layout).any()
