"""The sliders' directions are those that change the output most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omnigan.exporting.web.directions import find_directions

Array = NDArray[Any]


class Session:
    """What an ``onnxruntime.InferenceSession`` does, for a function."""

    def __init__(self, network: Callable[..., Array]) -> None:
        self.network = network

    def run(self, _: None, given: dict[str, Array]) -> list[Array]:
        return [self.network(**given).astype(np.float32)]


def spec(symbols: int | None = None, **inputs: Any) -> dict[str, Any]:
    described = []
    for name, (shape, low) in inputs.items():
        draw = {"kind": "uniform", "low": low, "high": -low} if low else {"kind": "normal"}
        facts = {"name": name, "shape": shape, "dtype": "float32", "role": "latent"}
        described.append({**facts, "draw": draw})
    return {"labels": [], "output": {"symbols": symbols}, "inputs": described}


def test_of_a_linear_generator_they_are_its_singular_vectors() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((10, 40)) * np.arange(1, 11)[:, None]
    session = Session(lambda a, b: np.concatenate([a, b.reshape(len(b), 6)], 1) @ matrix)
    found = find_directions(session, spec(a=([4], None), b=([2, 3], None)), 3)
    told = np.array([one["a"] + one["b"] for one in found])
    vectors = np.linalg.svd(matrix)[0][:, :3].T
    np.testing.assert_allclose(np.abs((told * vectors).sum(1)), 1, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(told, axis=1), 1, atol=1e-3)
    assert find_directions(session, spec(a=([4], None), b=([2, 3], None)), 3) == found


def test_steps_are_in_standard_deviations() -> None:
    # Uniform between -3 and 3 has the deviation sqrt(3): there a step is longer and changes more.
    session = Session(lambda a, b: a + 1.5 * b)
    found = find_directions(session, spec(a=([2], -3.0), b=([2], None)))
    lengths = [np.linalg.norm(one["a"]) for one in found]
    assert min(lengths[:2]) > np.sqrt(3) * 0.7 > max(lengths[2:])


def test_an_input_of_one_number_has_a_direction_of_its_own() -> None:
    session = Session(lambda z, length: z * length)
    inputs = {"z": ([3], None), "length": ([1], -3.0)}
    found = find_directions(session, spec(**inputs), 2)
    assert found[0] == {"length": [1.7321]}  # the square root of 3
    assert [list(one) for one in found[1:]] == [["z"], ["z"]]


def test_whole_numbers_and_symbols_have_directions_too() -> None:
    def notes(z: Array) -> Array:
        return (z[:, :1] + 0.01 * z[:, 1:2] > np.linspace(-2, 2, 50)).astype(float)

    first = find_directions(Session(notes), spec(z=([5], None)), 1)[0]["z"]
    assert abs(first[0]) > 0.95

    def words(z: Array) -> Array:
        return np.stack([z[:, 2] > at for at in np.linspace(-2, 2, 20)], 1) * 7.0

    first = find_directions(Session(words), spec(symbols=8, z=([5], None)), 1)[0]["z"]
    assert abs(first[2]) > 0.95


def test_of_a_large_latent_space_a_part_is_searched() -> None:
    weights = np.zeros((900, 2))
    weights[:450, 0] = weights[450:, 1] = 1
    found = find_directions(Session(lambda z: z @ weights), spec(z=([900], None)))
    assert len(found) == 6
    change = [np.linalg.norm(np.array(one["z"]) @ weights) for one in found]
    assert min(change[:2]) > 5  # a random direction changes 1 or so
    assert max(change[2:]) < 0.01


def test_noise_has_no_directions() -> None:
    session = Session(lambda noise: noise.sum((1, 2))[:, None])
    assert find_directions(session, spec(noise=([64, 64], None))) == []
