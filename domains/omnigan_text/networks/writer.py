"""Generators that write one symbol after another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from omnigan.loops import Tensors, scanned
from omnigan_text.networks.generator import TextGenerator, tempered
from omnigan_text.networks.gumbel import Estimator, gumbel, one_hot
from omnigan_text.networks.language import END, Language, lengths_of
from omnigan_text.networks.lookup import look_up

__all__ = ["Writer"]


class Writer(TextGenerator, ABC):
    """An autoregressive generator; a subclass says how the logits follow from what was written.

    Args:
        language: What it writes.
        size: Of a symbol's embedding.
        z: Size of the latent vector; 0 for none.
        estimator: How gradient passes through the choice of symbols in training.
    """

    def __init__(self, language: Language, size: int, z: int, estimator: Estimator) -> None:
        super().__init__(language, size, z, estimator)
        self.table = nn.Parameter(torch.randn(language.symbols, size).div_(size**0.5))
        self.first = nn.Parameter(torch.zeros(size))

    # ---- what a subclass says --------------------------------------------------------------

    @abstractmethod
    def begin(self, context: Tensor) -> Any:
        """Return the state before the first symbol, given a context ``[B, size]``."""

    @abstractmethod
    def step(self, seen: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Return logits ``[B, V]`` after one more symbol, and the next state.

        Args:
            seen: ``[B, size]``, the embedding of the symbol before, and the context.
            state: What this or :meth:`begin` returned; it may be changed in place.
        """

    @abstractmethod
    def steps(self, seen: Tensor, state: Any) -> Tensor:
        """Return what :meth:`step` gives for each of ``[B, T, size]`` in turn, ``[B, T, V]``."""

    # ---- writing ---------------------------------------------------------------------------

    def forward(
        self,
        noise: Tensor,
        length: Tensor | None = None,
        z: Tensor | None = None,
        label: Tensor | None = None,
        *,
        temperature: Tensor | None = None,
        prefix: Tensor | None = None,
        relaxation: float = 1.0,
    ) -> Tensor:
        """Write texts.

        Args:
            noise: ``[B, T, V]``, standard normal: one draw for every symbol at every place.
            length: ``[B, 1]``, standard normal, where texts end: the larger, the longer.
            z: ``[B, Z]``, standard normal, where the network has a latent vector.
            label: ``[B]`` int64, where there are labels.
            temperature: ``[B]``, divides the logits; 1 without.
            prefix: ``[B, T]`` ids, none of them the end, with which texts begin; then negative,
                where the network is free.
            relaxation: Temperature of the softmax that gradient passes through in training.

        Returns:
            ``[B, T]`` ids, float32; in training a relaxation ``[B, T, V]``.
        """
        lengths = self._drawn(length, label, prefix)
        context = self._context(noise.shape[0], z, label, lengths)
        state = self.begin(context[:, 0])
        seen = self.first + context[:, 0]
        ended = self._ended(lengths, noise.shape[0])
        noise = gumbel(noise)
        if torch.compiler.is_exporting() and prefix is None:
            places = context, self._allowed(self.bias), noise, ended
            return self._in_a_loop(seen, state, places, temperature)
        relaxes = self._relaxes()
        written = []
        for place in range(self.language.length):
            logits, state = self.step(seen, state)
            logits = tempered(self._allowed(logits.float() + self.bias[place]), temperature)
            scores = logits + noise[:, place]
            fixed = None if prefix is None else prefix[:, place]
            if relaxes:
                symbol = self._relaxed(scores, logits, relaxation, ended[:, place])
                symbol = symbol if fixed is None else _prescribed(symbol, fixed)
            else:
                symbol = _chosen(scores, ended[:, place], fixed)
            written.append(symbol)
            if place + 1 < self.language.length:
                ids = symbol.argmax(1) if relaxes else symbol
                seen = self._embedded(symbol, ids) + context[:, place + 1]
        whole = torch.stack(written, 1)
        return whole if relaxes else whole.float()

    def _in_a_loop(
        self, seen: Tensor, state: Tensor | Tensors, places: Tensors, temperature: Tensor | None
    ) -> Tensor:
        """Write as :meth:`forward` does, with a loop that an exported program keeps as one.

        Args:
            seen: What the first symbol is made of, as for :meth:`step`.
            state: As for :meth:`step`; of the same shape at every place.
            places: The contexts ``[B, T, size]``, what is added to logits ``[T, V]``, the noise
                ``[B, T, V]`` and whether texts have ended ``[B, T]``.
            temperature: As for :meth:`forward`.
        """

        def after(before: Tensors, given: Tensors) -> tuple[Tensors, Tensor]:
            context, bias, noise, ended = given
            seen, *kept = before
            logits, state = self.step(seen, kept[0] if alone else tuple(kept))
            logits = tempered(logits.float() + bias, temperature)
            ids = _chosen(logits + noise, ended, None)
            return (self._embedded(ids, ids) + context, *((state,) if alone else state)), ids

        alone = isinstance(state, Tensor)
        context, bias, noise, ended = places
        following = context.roll(-1, 1)  # nobody sees what the last place has there
        steps = following, bias.expand(*noise.shape), noise, ended
        first = (seen, state) if isinstance(state, Tensor) else (seen, *state)
        start = tuple(each.contiguous() for each in first)
        given = tuple(each.movedim(1, 0).contiguous() for each in steps)
        return scanned(after, start, given)[1].movedim(0, 1).float()

    def _embedded(self, symbol: Tensor, ids: Tensor) -> Tensor:
        if self.estimator == "soft" and symbol.dim() == 2:
            return symbol @ self.table
        # The gradient of a log-probability, of which reinforce's rows are made, is no symbol's.
        return look_up(ids if self.estimator == "reinforce" else symbol, self.table, ids)

    # ---- likelihood ------------------------------------------------------------------------

    def log_likelihood(
        self,
        x: Tensor,
        z: Tensor | None = None,
        label: Tensor | None = None,
        temperature: Tensor | None = None,
    ) -> Tensor:
        """Return ``[B]`` nats: the log-probability of texts ``[B, T]`` up to and with their end.

        Args:
            x: Ids, whole numbers.
            z: As for :meth:`forward`; the likelihood is given z.
            label: As for :meth:`forward`.
            temperature: As for :meth:`forward`.
        """
        ids = x.long()
        lengths = None if self.lengths is None else lengths_of(ids)
        context = self._context(len(ids), z, label, lengths)
        before = embedding(ids[:, :-1], self.table)
        first = self.first.expand(len(ids), 1, -1)
        seen = torch.cat([first, before], 1) + context
        logits = self.steps(seen, self.begin(context[:, 0])).float() + self.bias
        logits = tempered(self._allowed(logits), temperature)
        each = logits.log_softmax(-1).gather(-1, ids.unsqueeze(-1)).squeeze(-1)
        if self.lengths is None or lengths is None:
            return each.sum(1)
        each = each.masked_fill(self._ended(lengths, len(ids)), 0.0)
        return each.sum(1) + self.lengths.log_share(lengths, label)


def _prescribed(symbol: Tensor, prefix: Tensor) -> Tensor:
    """Return rows ``[B, V]`` with a 1 for what is prescribed, through which no gradient passes."""
    row = one_hot(prefix.long().clamp(min=0), symbol.shape[1])
    return torch.where(prefix.unsqueeze(1) < 0, symbol, row)


def _chosen(scores: Tensor, ended: Tensor, prefix: Tensor | None) -> Tensor:
    """Return ids ``[B]``: what has the largest score, unless it is prescribed."""
    ids = scores.argmax(1)
    if prefix is not None:
        ids = torch.where(prefix < 0, ids, prefix.long())
    return torch.where(ended, END, ids)
