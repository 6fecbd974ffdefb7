"""What all generators of texts share."""

from __future__ import annotations

from math import inf

import torch
from torch import Tensor, nn

from omnigan_text.networks.gumbel import Estimator, one_hot, relaxed
from omnigan_text.networks.language import END, Language, lengths_of
from omnigan_text.networks.lengths import Lengths

__all__ = ["TextGenerator", "tempered"]


class TextGenerator(nn.Module):
    """From logits to symbols, and what is known of each place beforehand.

    The logits of a place are a network's plus the logarithm of how often each symbol stands there
    in the training texts; where texts end, their lengths are drawn first, as the training texts
    have them (:meth:`start_from`). Both stand fixed: learned, the frequency of rare symbols would
    go astray, since their gradient is small, one-sided for long, and made large by Adam.

    Args:
        language: What it writes.
        size: Of the context, the vector that every place is told.
        z: Size of the latent vector; 0 for none.
        estimator: How gradient passes through the choice of symbols in training.
    """

    bias: Tensor

    def __init__(self, language: Language, size: int, z: int, estimator: Estimator) -> None:
        super().__init__()
        self.language = language
        self.estimator: Estimator = estimator
        self.size = size
        self.register_buffer("bias", torch.zeros(language.length, language.symbols))
        self.latent = nn.Linear(z, size) if z else None
        self.label = nn.Embedding(language.labels, size) if language.labels else None
        self.lengths = Lengths(language.length, language.labels, size) if language.ends else None

    @torch.no_grad()
    def start_from(self, x: Tensor, label: Tensor | None = None) -> None:
        """Begin as a sampler of how often each symbol stands at each place of texts ``[N, T]``.

        A symbol that does not occur at a place is as likely there as its share of all places says,
        at a weight of two texts.

        Args:
            x: Ids.
            label: ``[N]``, where there are labels.
        """
        ids = x.long()
        symbols, length = self.language.symbols, self.language.length
        places = symbols * torch.arange(length, device=ids.device)
        counts = (ids + places).flatten().bincount(minlength=symbols * length).float()
        counts = counts.view(length, symbols)
        if self.lengths is not None:
            self.lengths.count(lengths_of(ids), label)
            counts[:, END] = 0
        overall = counts.sum(0) + 0.1
        prior = 2 * overall / overall.sum()
        shares = (counts + prior) / (counts.sum(1, keepdim=True) + 2)
        self.bias.copy_(shares.log())

    # ---- for subclasses --------------------------------------------------------------------

    def _context(
        self, count: int, z: Tensor | None, label: Tensor | None, lengths: Tensor | None
    ) -> Tensor:
        """Return what each place is told, ``[B, T, size]``."""
        context = self.bias.new_zeros(count, 1, self.size)
        if self.latent is not None and z is not None:
            context = context + self.latent(z).unsqueeze(1)
        if self.label is not None and label is not None:
            context = context + self.label(label).unsqueeze(1)
        if self.lengths is not None and lengths is not None:
            context = context + self.lengths(lengths, self.language.length)
        return context.expand(-1, self.language.length, -1)

    def _drawn(
        self, length: Tensor | None, label: Tensor | None, prefix: Tensor | None = None
    ) -> Tensor | None:
        """Return lengths ``[B]``, where texts end."""
        if self.lengths is None:
            return None
        assert length is not None  # where texts end, it is one of the random inputs
        least = 0 if prefix is None else (prefix >= 0).sum(1)
        return self.lengths.draw(length, label, least)

    def _ended(self, lengths: Tensor | None, count: int) -> Tensor:
        """Return bool ``[B, T]``: the places after a text."""
        places = torch.arange(self.language.length, device=self.bias.device)
        if lengths is None:
            return torch.zeros(count, len(places), dtype=torch.bool, device=places.device)
        return places >= lengths.unsqueeze(1)

    def _allowed(self, logits: Tensor) -> Tensor:
        """Rule the end out of logits ``[..., V]``: where a text ends is known beforehand."""
        if self.lengths is None:
            return logits
        barred = torch.zeros(self.language.symbols, device=logits.device)
        barred[END] = -inf
        return logits + barred

    def _relaxes(self) -> bool:
        """Say whether to return a relaxation.

        A critic that is being trained needs no gradient: ids say the same as one-hot rows.
        """
        return self.training and (torch.is_grad_enabled() or self.estimator == "soft")

    def _relaxed(self, scores: Tensor, logits: Tensor, relaxation: float, ended: Tensor) -> Tensor:
        """Return rows ``[..., V]`` that gradient passes through; ends where a text has ended."""
        chosen = relaxed(scores, logits, self.estimator, relaxation)
        if self.lengths is None:
            return chosen
        end = one_hot(torch.tensor(END, device=ended.device), self.language.symbols)
        return torch.where(ended.unsqueeze(-1), end, chosen)


def tempered(logits: Tensor, temperature: Tensor | None) -> Tensor:
    """Divide logits ``[B, ...]`` by a temperature each, ``[B]``."""
    if temperature is None:
        return logits
    return logits / temperature.view(-1, *[1] * (logits.dim() - 1))
