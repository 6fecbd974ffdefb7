"""Lines whose notes know the one before, against lines built note by note."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan_music.config import Generator
from omnigan_music.grid import Grid, Voice
from omnigan_music.networks import build_generator, start_from
from omnigan_music.networks.hold import HoldGenerator
from omnigan_music.networks.leaps import INTERVALS, last_pitches, preference, reached

LOW = Voice("Low", 0, drums=False, monophonic=True, low=40, high=60)
HIGH = Voice("High", 0, drums=False, monophonic=True, low=55, high=90)
KEYS = Voice("Keys", 0, drums=False, monophonic=False, low=48, high=80)
OCTAVE = 12


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(-5, 50))
@settings(deadline=None, max_examples=50)
def test_intervals_are_counted_from_the_pitch_before(seed: int, pitches: int, last: int) -> None:
    leaps = torch.randn(INTERVALS, generator=torch.Generator().manual_seed(seed))
    found = reached(leaps, torch.tensor(last), pitches)
    for pitch in range(pitches):
        near = abs(pitch - last) <= OCTAVE and 0 <= last < pitches
        assert found[pitch] == (leaps[pitch - last + OCTAVE] if near else 0)


def last_notes(
    pitch: list[list[float]], attack: list[float], leaps: list[list[float]]
) -> list[int]:
    """One line, one step after the other; the last choice of a step is a rest."""
    none = len(pitch[0]) - 1
    before, found = none, []
    for step, choices in enumerate(pitch):
        found.append(before)
        logits = list(choices)
        for to in range(none):
            if before != none and abs(to - before) <= OCTAVE:
                logits[to] += leaps[step][to - before + OCTAVE]
        chosen = max(range(none + 1), key=logits.__getitem__)
        if (step == 0 or attack[step] > 0) and chosen != none:
            before = chosen
    return found


@given(st.integers(0, 10_000), st.integers(2, 20), st.integers(1, 12))
@settings(deadline=None, max_examples=50)
def test_last_pitches_are_those_of_a_line_built_note_by_note(
    seed: int, pitches: int, steps: int
) -> None:
    rng = torch.Generator().manual_seed(seed)
    pitch = torch.randn(2, 2, steps, pitches + 1, generator=rng).double()
    attack = torch.randn(2, 2, steps, generator=rng).double()
    leaps = 2 * torch.randn(2, 2, steps, INTERVALS, generator=rng).double()
    found = last_pitches(pitch, attack, leaps)
    for item in range(2):
        for track in range(2):
            line = (each[item, track].tolist() for each in (pitch, attack, leaps))
            assert found[item, track].tolist() == last_notes(*line)


def network(voices: tuple[Voice, ...], body: str, bars: int = 4) -> HoldGenerator:
    grid = Grid(voices, 4, 4, 4, bars=bars, tempo=100.0)
    options = Generator.model_validate({"body": body, "width": 32})
    built = build_generator(grid, options, labels=0)
    assert isinstance(built, HoldGenerator)
    return built


def latent(n: int, bars: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(n, 96), torch.randn(n, bars, 32)


def test_all_voices_move_from_their_own_last_note() -> None:
    torch.manual_seed(0)
    melodic = network((LOW, KEYS, HIGH), "melodic").eval()
    with torch.no_grad():
        for number in (0, 2):  # up three semitones, whenever that is possible
            voice = melodic.private[number]
            voice.bias[-INTERVALS:] = 0
            voice.bias[-INTERVALS + OCTAVE + 3] = 1e4
            voice.bias[voice.pitches + 1] = 1e4  # at each step
    z, bars = latent(5)
    x = melodic(z, bars)
    for number, voice in ((0, LOW), (2, HIGH)):
        line = x[:, 1, number].argmax(-1) + melodic.grid.low
        assert ((line >= voice.low) & (line <= voice.high)).all()
        room = line[:, :-1] + 3 <= voice.high
        assert room.any()
        assert (line[:, 1:] - line[:, :-1])[room].eq(3).all()


def test_without_intervals_the_two_bodies_are_alike() -> None:
    torch.manual_seed(0)
    melodic, hold = network((LOW, KEYS), "melodic").eval(), network((LOW, KEYS), "hold").eval()
    weights = melodic.state_dict()
    for name, there in hold.state_dict().items():
        weights[name] = weights[name][: len(there)] if there.ndim else weights[name]
    hold.load_state_dict(weights)
    with torch.no_grad():
        melodic.private[0].out.weight[-INTERVALS:] = 0
    z, bars = latent(5)
    assert torch.equal(melodic(z, bars), hold(z, bars))


def test_intervals_learn() -> None:
    torch.manual_seed(0)
    melodic = network((LOW, HIGH), "melodic")
    melodic(*latent(4)).mul(torch.rand(4, 2, 2, 64, melodic.grid.pitches)).sum().backward()
    for voice in melodic.private:
        assert voice.out.weight.grad[-INTERVALS:].abs().sum() > 0


def walk(pitches: int, n: int, steps: int, largest: int) -> torch.Tensor:
    """Phrases of one voice that moves by up to so many semitones at each beat, up or down."""
    moves = torch.randint(-largest, largest + 1, (n, steps // 4)).cumsum(1)
    line = (moves + torch.randint(pitches, (n, 1))) % (2 * pitches - 2)
    line = torch.where(line >= pitches, 2 * pitches - 2 - line, line)  # bounces off both ends
    roll = torch.nn.functional.one_hot(line.repeat_interleave(4, 1), pitches).float()
    onsets = roll.clone()
    onsets[:, torch.arange(steps) % 4 != 0] = 0
    return torch.stack([roll, onsets], 1).unsqueeze(2)


def test_preference_is_what_chance_does_not_explain() -> None:
    torch.manual_seed(0)
    phrases = walk(36, 2000, 64, 1)
    close = preference(phrases[:, 0, 0], phrases[:, 1, 0])
    assert close[OCTAVE - 1 : OCTAVE + 2].min() > 1
    assert torch.cat([close[: OCTAVE - 1], close[OCTAVE + 2 :]]).max() < -1
    elsewhere = phrases.roll(1, 0)
    assert preference(elsewhere[:, 0, 0], phrases[:, 1, 0]).abs().max() < 0.4


def share_of_steps(x: torch.Tensor) -> float:
    near = total = 0
    for phrase in x:
        starts = phrase[1, 0].nonzero()[:, 1]
        apart = (starts[1:] - starts[:-1]).abs()
        near, total = near + int((apart <= 2).sum()), total + len(apart)
    return near / total


def test_a_fresh_melodic_network_moves_as_the_data_do() -> None:
    shares = {}
    phrases = walk(36, 500, 64, 2)
    for body in ("melodic", "hold"):
        torch.manual_seed(0)
        fresh = network((HIGH,), body)
        z, bars = latent(200)
        start_from(fresh, phrases, {"z": z, "bars": bars})
        shares[body] = share_of_steps(fresh(z, bars).detach())
    assert shares["hold"] < 0.4
    assert shares["melodic"] > 0.6
