"""The oracle, against all sequences there are and against its formulas in plain NumPy."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from omnigan.errors import UserError
from omnigan_text.oracle import Oracle, OracleData

SMALL = OracleData(symbols=3, length=4, seed=5)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weights(symbols: int = 5, embedding: int = 3, hidden: int = 4) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0).standard_normal
    found = {"emb": draw((symbols, embedding))}
    for gate in "ifoc":
        found |= {f"W{gate}": draw((embedding, hidden)), f"U{gate}": draw((hidden, hidden))}
        found[f"b{gate}"] = draw(hidden)
    return found | {"Wout": draw((hidden, symbols)), "bout": draw(symbols)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    np.savez(tmp_path / "oracle.npz", **weights())
    return tmp_path / "oracle.npz"


def every() -> Tensor:
    return torch.tensor(list(product(range(3), repeat=4)))


def test_all_sequences_together_are_certain() -> None:
    logs = Oracle.of(SMALL).log_prob(every())
    assert float(logs.exp().sum()) == pytest.approx(1, abs=1e-6)


def test_sequences_are_drawn_as_often_as_they_are_likely() -> None:
    oracle, n = Oracle.of(SMALL), 20_000
    drawn = oracle.sample(n, rng())
    place = (drawn * torch.tensor([27, 9, 3, 1])).sum(1)
    counts = torch.bincount(place, minlength=81).double()
    expected = n * oracle.log_prob(every()).exp()
    common = expected > 5
    chi = ((counts - expected).square() / expected)[common].sum()
    freedom = int(common.sum()) - 1
    assert freedom > 20
    assert abs(float(chi) - freedom) < 4 * math.sqrt(2 * freedom)


def test_entropy_is_that_of_all_sequences() -> None:
    oracle = Oracle.of(SMALL)
    logs = oracle.log_prob(every())
    exact = -float((logs.exp() * logs).sum()) / 4
    mean, error = oracle.entropy(10_000, rng())
    assert 0 < error < 0.01
    assert abs(mean - exact) < 4 * error


def test_probabilities_follow_the_formulas(file: Path) -> None:
    w = weights()
    x = [3, 1, 4, 0, 2]

    def sigmoid(values: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-values))

    total, before, hidden, cell = 0.0, 0, np.zeros(4), np.zeros(4)
    for symbol in x:
        i, f, o, c = (
            w["emb"][before] @ w[f"W{g}"] + hidden @ w[f"U{g}"] + w[f"b{g}"] for g in "ifoc"
        )
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
        hidden = sigmoid(o) * np.tanh(cell)
        p = np.exp(hidden @ w["Wout"] + w["bout"])
        total += math.log(p[symbol] / p.sum())
        before = symbol
    oracle = Oracle.of(OracleData(file=str(file), length=5))
    assert oracle.symbols == 5
    assert float(oracle.log_prob(torch.tensor([x]))) == pytest.approx(total, abs=1e-5)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    first, second, other = (Oracle.of(SMALL.model_copy(update={"seed": s})) for s in (5, 5, 6))
    x = first.sample(50, rng())
    assert torch.equal(x, second.sample(50, rng()))
    assert not torch.equal(x, first.sample(50, rng(1)))
    assert not torch.equal(first.log_prob(x), other.log_prob(x))


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    oracle = Oracle.of(SMALL)
    whole = oracle.log_prob(every())
    monkeypatch.setattr("omnigan_text.oracle._LOGITS", 30)
    assert oracle.log_prob(every()) == pytest.approx(whole, abs=1e-6)
    assert oracle.sample(25, rng()).shape == (25, 4)
    assert oracle.sample(0, rng()).shape == (0, 4)
    assert oracle.log_prob(torch.zeros(0, 4)).shape == (0,)


def test_ids_may_be_floats() -> None:
    oracle = Oracle.of(SMALL)
    assert torch.equal(oracle.log_prob(every().float()), oracle.log_prob(every()))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Ui": None}, "has no array 'Ui'"),
        ({"Wout": np.zeros((4, 6))}, r"'Wout' in .* has the shape \[4, 6\], not \[4, 5\]"),
        ({"emb": np.zeros(5)}, "has the shape"),
        ({"bi": np.full(4, np.nan)}, "not a finite number"),
        ({"bi": np.array(["x"] * 4)}, "not a finite number"),
        ({"bi": np.array([None] * 4)}, "damaged"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, change, says: str) -> None:
    arrays = {k: v for k, v in (weights() | change).items() if v is not None}
    np.savez(tmp_path / "odd.npz", **arrays)
    with pytest.raises(UserError, match=f"data.oracle.file.*{says}"):
        Oracle.of(OracleData(file=str(tmp_path / "odd.npz")))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x93NUMPY"])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.npz").write_bytes(content)
    with pytest.raises(UserError, match="is a damaged"):
        Oracle.of(OracleData(file=str(tmp_path / "odd.npz")))


def test_an_array_without_names_and_no_file(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(UserError, match="but one array"):
        Oracle.of(OracleData(file=str(tmp_path / "one.npy")))
    with pytest.raises(UserError, match="there is no file"):
        Oracle.of(OracleData(file=str(tmp_path / "absent.npz")))
