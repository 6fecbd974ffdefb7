"""SNGAN (Miyato et al. 2018): residual blocks, and a critic with spectral norm."""

from __future__ import annotations

from typing import TypeVar

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate
from torch.nn.utils.parametrizations import spectral_norm

from omnigan_image.networks.blocks import ConditionalNorm, FromLatent, Output, doubling
from omnigan_image.networks.sizes import Size, steps_up

__all__ = ["ResnetDiscriminator", "ResnetGenerator"]

Layer = TypeVar("Layer", nn.Conv2d, nn.Linear, nn.Embedding)


def _normed(layer: Layer) -> Layer:
    """Divide a layer's weight by its largest singular value.

    Each pass in training mode moves the estimate of that value by one power iteration. The vectors
    it works with are buffers of the state dict, so a resumed run goes on alike.
    """
    spectral_norm(layer)
    return layer


class _Up(nn.Module):
    """A residual block of the generator: norm, ReLU, finer, 3x3, norm, ReLU, 3x3."""

    def __init__(self, channels: int, out: int, fine: Size, labels: int) -> None:
        super().__init__()
        self.fine = fine
        self.norms = nn.ModuleList(ConditionalNorm(c, labels) for c in (channels, out))
        convs = [nn.Conv2d(c, out, 3, padding=1, bias=False) for c in (channels, out)]
        for conv in convs:
            nn.init.xavier_uniform_(conv.weight, 2**0.5)
        self.convs = nn.ModuleList(convs)
        self.skip = nn.Conv2d(channels, out, 1)
        nn.init.xavier_uniform_(self.skip.weight)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        y = self.convs[0](interpolate(self.norms[0](x, label).relu(), self.fine))
        y = self.convs[1](self.norms[1](y, label).relu())
        # A 1x1 convolution gives the same before as after pixels are repeated, and is cheaper.
        made: Tensor = y + interpolate(self.skip(x), self.fine)
        return made


class ResnetGenerator(FromLatent):
    """Latent vectors to images ``[B, C, H, W]`` in (-1, 1).

    Args:
        shape: ``(C, H, W)``.
        width: Channels of the finest stage.
        z: Size of the latent vector.
        labels: Number of labels; 0 builds an unconditional network.
    """

    def __init__(self, shape: tuple[int, ...], width: int, z: int, labels: int) -> None:
        colours, height, wide = shape
        steps = steps_up(height, wide)
        channels = doubling(width, len(steps) + 1)
        super().__init__(z, channels[0], steps[0].coarse, labels, bias=True)
        self.blocks = nn.ModuleList(
            _Up(a, b, step.fine, labels)
            for a, b, step in zip(channels[:-1], channels[1:], steps, strict=True)
        )
        self.norm = ConditionalNorm(width, labels)
        self.conv = nn.Conv2d(width, colours, 3, padding=1, bias=False)
        self.output = Output(colours)
        for layer in (self.base, self.conv):
            nn.init.xavier_uniform_(layer.weight)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """Return images.

        Args:
            z: ``[B, z]``.
            label: ``[B]`` integers where the network is conditional.
        """
        x = self.coarsest_maps(z, label)
        for block in self.blocks:
            x = block(x, label)
        made: Tensor = self.output(self.conv(self.norm(x, label).relu()))
        return made


class _Down(nn.Module):
    """A residual block of the critic: ReLU, 3x3, ReLU, 3x3, coarser.

    Args:
        channels: Channels that come in.
        out: Channels that go out.
        stride: By how much each side becomes smaller.
        first: It sees the image itself, which no ReLU may touch.
    """

    def __init__(self, channels: int, out: int, stride: Size, first: bool) -> None:
        super().__init__()
        self.stride = stride
        self.first = first
        self.convs = nn.ModuleList(
            _normed(nn.Conv2d(c, out, 3, padding=1)) for c in (channels, out)
        )
        changes = channels != out or stride != (1, 1)
        self.skip = _normed(nn.Conv2d(channels, out, 1)) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.convs[0](x if self.first else x.relu())
        y = self.convs[1](y.relu())
        made: Tensor = self._pooled(y) + self.skip(self._pooled(x))
        return made

    def _pooled(self, x: Tensor) -> Tensor:
        if self.stride == (1, 1):
            return x
        return avg_pool2d(x, self.stride, ceil_mode=True, count_include_pad=False)


class ResnetDiscriminator(nn.Module):
    """Images ``[B, C, H, W]`` to logits ``[B]``.

    Args:
        shape: ``(C, H, W)``.
        width: Channels of the finest stage.
        labels: Number of labels; with any, the logit gains the inner product of a label embedding
            with the pooled features (projection discriminator, Miyato and Koyama 2018).
    """

    def __init__(self, shape: tuple[int, ...], width: int, labels: int) -> None:
        super().__init__()
        colours, height, wide = shape
        steps = steps_up(height, wide)[::-1]
        channels = [colours, *doubling(width, len(steps))[::-1]]
        last = channels[-1]
        self.blocks = nn.Sequential(
            *(
                _Down(a, b, step.stride, first=place == 0)
                for place, (a, b, step) in enumerate(
                    zip(channels[:-1], channels[1:], steps, strict=True)
                )
            ),
            _Down(last, last, (1, 1), first=False),
        )
        self.logit = _normed(nn.Linear(last, 1))
        self.label = _normed(nn.Embedding(labels, last)) if labels else None

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """Return logits ``[B]`` for images and, where conditional, their labels ``[B]``."""
        h = self.blocks(x).relu().sum((2, 3))
        logit: Tensor = self.logit(h).squeeze(1)
        if self.label is not None and label is not None:
            logit = logit + (self.label(label) * h).sum(1)
        return logit
