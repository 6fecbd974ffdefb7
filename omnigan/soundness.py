"""Numbers that are none: where a network holds them, and samples of such."""

from __future__ import annotations

from torch import Tensor, nn

from omnigan.errors import OmniganError

__all__ = ["NotFinite", "is_sound", "require_finite"]


class NotFinite(OmniganError):
    """Samples hold NaN or infinite values."""


def is_sound(value: Tensor, *, weight: bool) -> bool:
    """Tell whether a network can work with a tensor of its own.

    No tensor may hold NaN; one that is no weight may be infinite, as masks are.
    """
    return not bool((~value.isfinite() if weight else value.isnan()).any())


def require_finite(samples: Tensor, network: nn.Module) -> Tensor:
    """Return samples as they are.

    Args:
        samples: ``[N, ...]``.
        network: The generator that made them.

    Raises:
        NotFinite: They hold NaN or infinite values; the message says where they may come from.
    """
    wrong = int((~samples.isfinite().flatten(1).all(1)).sum())
    if not wrong:
        return samples
    broken = [
        name
        for name, value in (*network.named_parameters(), *network.named_buffers())
        if not is_sound(value, weight=isinstance(value, nn.Parameter))
    ]
    cause = (
        f"since '{broken[0]}' in the generator does. Checkpoints of earlier steps may be sound"
        if broken
        else "though no weight of the generator does: it divides by zero, or overflows"
    )
    raise NotFinite(f"{wrong} of {len(samples)} samples hold NaN or infinite values, {cause}.")
