"""DCGAN (Radford et al. 2016): plain strided convolutions, for images of any size."""

from __future__ import annotations

from torch import Tensor, nn

from omnigan.upsampling import begin_by_interpolating
from omnigan_image.networks.blocks import ConditionalNorm, FromLatent, Output, doubling
from omnigan_image.networks.sizes import Step, steps_up

__all__ = ["DcganDiscriminator", "DcganGenerator"]

PUBLISHED = 0.02
"""Standard deviation of fresh weights in networks with batch normalisation."""


class DcganGenerator(FromLatent):
    """Latent vectors to images ``[B, C, H, W]`` in (-1, 1).

    Labels move the latent vector, and choose gains and shifts of the batch norms.

    Args:
        shape: ``(C, H, W)``.
        width: Channels before the last convolution.
        z: Size of the latent vector.
        labels: Number of labels; 0 builds an unconditional network.
    """

    def __init__(self, shape: tuple[int, ...], width: int, z: int, labels: int) -> None:
        colours, height, wide = shape
        steps = steps_up(height, wide)
        channels = [*doubling(width, len(steps)), colours]
        # On a map of one pixel a transposed convolution is a linear layer.
        super().__init__(z, channels[0], steps[0].coarse, labels, bias=False)
        self.norms = nn.ModuleList(ConditionalNorm(c, labels) for c in channels[:-1])
        self.ups = nn.ModuleList(
            _up(a, b, step) for a, b, step in zip(channels[:-1], channels[1:], steps, strict=True)
        )
        self.output = Output(colours)
        nn.init.normal_(self.base.weight, std=PUBLISHED)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """Return images.

        Args:
            z: ``[B, z]``.
            label: ``[B]`` integers where the network is conditional.
        """
        x = self.coarsest_maps(z, label)
        for norm, up in zip(self.norms, self.ups, strict=True):
            x = up(norm(x, label).relu())
        made: Tensor = self.output(x)
        return made


class DcganDiscriminator(nn.Module):
    """Images ``[B, C, H, W]`` to logits ``[B]``.

    With batch normalisation, as published, the logit of an image depends on the others of its
    batch, which breaks the contract's rule and makes R1 and R2 wrong. It is kept as the classic
    baseline, for losses without a penalty. Real and generated batches are judged one after the
    other, so no batch ever tells by its statistics how many of its images are real.

    Args:
        shape: ``(C, H, W)``.
        width: Channels after the first convolution.
        labels: Number of labels; with any, the logit gains the inner product of a label embedding
            with the pooled features (projection discriminator, Miyato and Koyama 2018).
        batch_norm: As above.
    """

    def __init__(
        self, shape: tuple[int, ...], width: int, labels: int, batch_norm: bool = False
    ) -> None:
        super().__init__()
        colours, height, wide = shape
        steps = steps_up(height, wide)[::-1]
        channels = [colours, *doubling(width, len(steps))[::-1]]
        self.downs = nn.Sequential(
            *(
                _down(a, b, step, batch_norm and place > 0)
                for place, (a, b, step) in enumerate(
                    zip(channels[:-1], channels[1:], steps, strict=True)
                )
            )
        )
        self.logit = nn.Linear(channels[-1] * steps[-1].coarse[0] * steps[-1].coarse[1], 1)
        self.label = nn.Embedding(labels, channels[-1]) if labels else None
        for layer in self.modules() if batch_norm else ():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.normal_(layer.weight, std=PUBLISHED)

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """Return logits ``[B]`` for images and, where conditional, their labels ``[B]``."""
        h = self.downs(x)
        logit: Tensor = self.logit(h.flatten(1)).squeeze(1)
        if self.label is not None and label is not None:
            pooled = h.mean((2, 3))
            logit = logit + (self.label(label) * pooled).sum(1) * pooled.shape[1] ** -0.5
        return logit


def _up(channels: int, out: int, step: Step) -> nn.ConvTranspose2d:
    up = nn.ConvTranspose2d(channels, out, step.kernel, step.stride, 1, bias=False)
    return begin_by_interpolating(up, PUBLISHED)


def _down(channels: int, out: int, step: Step, batch_norm: bool) -> nn.Sequential:
    conv = nn.Conv2d(channels, out, step.kernel, step.stride, 1, bias=not batch_norm)
    # Without a norm, weights have to keep the scale of what goes through (He et al. 2015).
    nn.init.kaiming_normal_(conv.weight, 0.2)
    norm = [nn.BatchNorm2d(out)] if batch_norm else []
    return nn.Sequential(conv, *norm, nn.LeakyReLU(0.2))
