"""The synthetic oracle: sequences whose exact distribution is known (Yu et al. 2017, SeqGAN).

An LSTM whose weights are all drawn from N(0, 1) writes the training data. Since its density is
known, a generator with a density of its own can be compared with it exactly, both ways.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from omnigan.domain import Section
from omnigan.errors import UserError, listed
from omnigan.paths import user_path

__all__ = ["Oracle", "OracleData"]

HIDDEN = 32
"""Width of the embeddings and of the hidden state of an oracle of our own, as published."""
START = 0
"""The symbol before the first one."""
_GATES = "ifoc"  # input, forget, output, candidate
_LOGITS = 1 << 19  # logits that are held at a time


class OracleData(Section):
    """What the source ``oracle`` consists of: sequences drawn from an LSTM of random weights.

    Attributes:
        file: A .npz file of weights: ``emb`` ``[V, E]``, for each of the gates i, f, o, c the
            arrays ``Wi`` ``[E, H]``, ``Ui`` ``[H, H]`` and ``bi`` ``[H]``, then ``Wout`` ``[H, V]``
            and ``bout`` ``[V]``. None draws weights from N(0, 1), with E = H = 32.
        symbols: How many symbols there are, V, where the weights are drawn.
        length: Symbols in a sequence.
        seed: Of the weights, where they are drawn, and of the sequences.
        examples: How many sequences to draw.
    """

    file: str | None = None
    symbols: int = Field(default=100, ge=2, le=100_000)
    length: int = Field(default=10, ge=1, le=1000)
    seed: int = Field(default=0, ge=0)
    examples: int = Field(default=10_000, ge=2)


class Oracle:
    """An LSTM language model without an end: ``p(x) = prod_t p(x_t | x_1 .. x_(t-1))``.

    Args:
        weights: As :class:`OracleData` describes those of a file.
        length: Symbols in a sequence that is drawn.

    Attributes:
        symbols: How many symbols there are.
    """

    def __init__(self, weights: Mapping[str, Tensor], length: int) -> None:
        self.length = length
        self.symbols = len(weights["emb"])
        self._embedding = weights["emb"].float()
        self._input, self._state, self._bias = (
            torch.cat([weights[f"{kind}{gate}"].float() for gate in _GATES], -1) for kind in "WUb"
        )
        self._output, self._output_bias = weights["Wout"].float(), weights["bout"].float()

    @classmethod
    def of(cls, data: OracleData) -> Oracle:
        """Return the oracle that the settings describe.

        Raises:
            UserError: The file is missing, damaged, or holds something else.
        """
        if data.file is None:
            return cls(_drawn(data), data.length)
        return cls(_read(user_path(data.file, "data.oracle.file")), data.length)

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw sequences ``[n, length]`` of symbols, int64 from 0 to ``symbols - 1``."""
        rows = self._rows()
        chunks = [self._sample(min(rows, n - start), rng) for start in range(0, n, rows)]
        return torch.cat([torch.empty(0, self.length, dtype=torch.int64), *chunks])

    def log_prob(self, x: Tensor) -> Tensor:
        """Return the log-probabilities ``[N]`` of sequences ``[N, T]`` in nats, float64."""
        chunks = [self._log_prob(chunk) for chunk in torch.split(x.long(), self._rows())]
        return torch.cat([torch.empty(0, dtype=torch.float64), *chunks])

    def entropy(self, n: int, rng: torch.Generator) -> tuple[float, float]:
        """Estimate the entropy per symbol in nats from ``n`` sequences, with its standard error."""
        surprise = -self.log_prob(self.sample(n, rng)) / self.length
        return float(surprise.mean()), float(surprise.std()) / math.sqrt(n)

    def _rows(self) -> int:
        return max(1, _LOGITS // self.symbols)

    def _sample(self, n: int, rng: torch.Generator) -> Tensor:
        state, symbols = self._begin(n), []
        symbol = torch.full((n,), START)
        for _ in range(self.length):
            state, logits = self._step(state, symbol)
            # Inverting the distribution function takes one number for each symbol drawn, where
            # Gumbel noise takes one for each that could have been. Sums are float64, so that the
            # last of thousands of symbols keep their share.
            below = (logits - logits.amax(1, keepdim=True)).exp_().cumsum(1, dtype=torch.float64)
            place = torch.rand(n, 1, generator=rng, dtype=torch.float64) * below[:, -1:]
            symbol = torch.searchsorted(below, place, right=True).squeeze(1)
            symbol = symbol.clamp_(max=self.symbols - 1)
            symbols.append(symbol)
        return torch.stack(symbols, 1)

    def _log_prob(self, x: Tensor) -> Tensor:
        total = torch.zeros(len(x), dtype=torch.float64)
        state, before = self._begin(len(x)), torch.full((len(x),), START)
        for symbol in x.unbind(1):
            state, logits = self._step(state, before)
            total += logits.gather(1, symbol[:, None]).squeeze(1) - logits.logsumexp(1)
            before = symbol
        return total

    def _begin(self, n: int) -> tuple[Tensor, Tensor]:
        zeros = torch.zeros(n, len(self._state))
        return zeros, zeros

    def _step(
        self, state: tuple[Tensor, Tensor], symbol: Tensor
    ) -> tuple[tuple[Tensor, Tensor], Tensor]:
        """Return the state after a symbol, hidden and cell ``[N, H]``, and logits ``[N, V]``."""
        hidden, cell = state
        gates = self._embedding[symbol] @ self._input + hidden @ self._state + self._bias
        let_in, forget, let_out, candidate = gates.chunk(4, 1)
        cell = forget.sigmoid() * cell + let_in.sigmoid() * candidate.tanh()
        hidden = let_out.sigmoid() * cell.tanh()
        return (hidden, cell), hidden @ self._output + self._output_bias


def _shapes(symbols: int, embedding: int, hidden: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the arrays of an oracle's weights with their shapes."""
    yield "emb", (symbols, embedding)
    for gate in _GATES:
        yield f"W{gate}", (embedding, hidden)
        yield f"U{gate}", (hidden, hidden)
        yield f"b{gate}", (hidden,)
    yield "Wout", (hidden, symbols)
    yield "bout", (symbols,)


def _drawn(data: OracleData) -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(data.seed)
    shapes = _shapes(data.symbols, HIDDEN, HIDDEN)
    return {name: torch.randn(shape, generator=rng) for name, shape in shapes}


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise UserError(f"data.oracle.file: there is no file '{path}'.")
    names = [name for name, _ in _shapes(1, 1, 1)]
    try:
        with path.open("rb") as file:
            arrays = np.load(file, allow_pickle=False)
            if isinstance(arrays, np.ndarray):
                raise UserError(f"data.oracle.file: '{path}' is no .npz file, but one array.")
            missing = [name for name in names if name not in arrays]
            if missing:
                raise UserError(f"data.oracle.file: '{path}' has no array {listed(missing)}.")
            found = {name: arrays[name] for name in names}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"data.oracle.file: '{path}' is a damaged .npz file: {error}") from error
    _check(found, path)
    return {name: torch.from_numpy(array.astype(np.float32)) for name, array in found.items()}


def _check(found: Mapping[str, np.ndarray], path: Path) -> None:
    """Refuse arrays that do not fit together.

    Raises:
        UserError: One has another shape, or holds no finite numbers.
    """
    sizes = (*(*found["emb"].shape, 1, 1)[:2], found["bi"].size)
    for name, shape in _shapes(*sizes):
        array = found[name]
        if array.shape != shape:
            raise UserError(
                f"data.oracle.file: the array '{name}' in '{path}' has the shape "
                f"{list(array.shape)}, not {list(shape)} as 'emb' and 'bi' make it."
            )
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise UserError(
                f"data.oracle.file: the array '{name}' in '{path}' holds something that is not a "
                "finite number."
            )
