"""The recipe sections of the two networks."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from omnigan.domain import Section

__all__ = ["Body", "CriticBody", "Discriminator", "Generator", "Relaxation", "relaxation_at"]

Body = Literal["recurrent", "memory", "transformer", "one-shot"]
CriticBody = Literal["causal", "convolutional", "representations", "attention", "sequential"]
Width = Annotated[int, Field(ge=4, le=4096)]
Value = bool | int | float | str | None
Temperature = Annotated[float, Field(ge=1e-4, le=100)]

AUTO_WIDTH: dict[Body, int] = {
    "recurrent": 128,
    "memory": 128,
    "transformer": 128,
    "one-shot": 128,
}
AUTO_CRITIC_WIDTH: dict[CriticBody, int] = {
    "causal": 128,
    "convolutional": 64,
    "representations": 32,
    "attention": 64,
    "sequential": 128,
}
TRANSFORMERS: tuple[Body, ...] = ("transformer", "one-shot")


class Relaxation(Section):
    """The temperature of the softmax that gradient passes through, over the run.

    The higher it is, the smoother the gradient; the lower, the nearer to that of the symbols.

    Attributes:
        start: At the first step.
        end: At the last one.
        shape: ``exponential`` (by the same factor at each step), ``linear``, or ``constant`` (stays
            at start).
    """

    start: Temperature = 2.0
    end: Temperature = 0.5
    shape: Literal["exponential", "linear", "constant"] = "exponential"

    @model_validator(mode="after")
    def _constants_have_no_end(self) -> Relaxation:
        if self.shape == "constant" and "end" in self.model_fields_set and self.end != self.start:
            raise ValueError(
                f"goes from {self.start:g} to {self.end:g}, but its shape is constant; choose "
                "exponential or linear, or leave out the end"
            )
        return self


def relaxation_at(relaxation: Relaxation, progress: float) -> float:
    """Return the temperature when a share of the run, 0 to 1, is done."""
    start, end = relaxation.start, relaxation.end
    if relaxation.shape == "constant":
        return start
    if relaxation.shape == "linear":
        return start + (end - start) * progress
    return start * float((end / start) ** progress)


class Generator(Section):
    """The generator network.

    Attributes:
        body: ``recurrent`` (gated recurrent units; fastest on a CPU), ``memory`` (relational
            memory, RelGAN's), ``transformer`` (causal) or ``one-shot`` (a transformer that writes
            all symbols at once; no likelihood and no prefix).
        width: Size of embeddings and states.
        layers: ``recurrent``: layers; ``memory``: rounds of attention for each symbol.
        z: Size of the latent vector; ``auto``: 64 for ``one-shot``, none for the others, whose
            chance is that of their symbols.
        slots: ``memory`` only: of the memory.
        heads: ``memory`` only: of its attention.
        transformer: ``transformer`` and ``one-shot`` only: keys of the configuration of the library
            transformers, ``GPT2Config`` for the former (``n_layer``, ``n_head``, ...) and
            ``BertConfig`` for the latter (``num_hidden_layers``, ``num_attention_heads``, ...).
        estimator: How gradient gets past the choice of symbols: ``straight-through`` (symbols
            forward, the gradient of a softmax back), ``soft`` (that softmax both ways, as RelGAN
            does; let ``relaxation`` end near 0.01) or ``reinforce`` (rewards instead of gradients;
            goes well with a discriminator that judges each symbol, ``causal`` or ``sequential``).
        relaxation: Temperature of that softmax over the run.
        discount: ``reinforce`` only: what a symbol's reward counts for the one before.
    """

    OPTIONS: ClassVar = {
        "body": {
            "layers": ("recurrent", "memory"),
            "slots": ("memory",),
            "heads": ("memory",),
            "transformer": TRANSFORMERS,
        },
        "estimator": {
            "relaxation": ("straight-through", "soft"),
            "discount": ("reinforce",),
        },
    }

    body: Body = "recurrent"
    width: Literal["auto"] | Width = "auto"
    layers: int = Field(default=1, ge=1, le=16)
    z: Literal["auto"] | Annotated[int, Field(ge=0, le=8192)] = "auto"
    slots: int = Field(default=1, ge=1, le=64)
    heads: int = Field(default=2, ge=1, le=64)
    transformer: dict[str, Value] = Field(default_factory=dict)
    estimator: Literal["straight-through", "soft", "reinforce"] = "straight-through"
    relaxation: Relaxation = Relaxation()
    discount: float = Field(default=0.23, ge=0, le=1)

    @model_validator(mode="after")
    def _latent_is_enough(self) -> Generator:
        if self.body == "one-shot" and self.z == 0:
            raise ValueError(
                "has z: 0, but what the symbols of the body one-shot agree on is in z; choose 64"
            )
        return self

    @model_validator(mode="after")
    def _network_can_be_made(self) -> Generator:
        if self.body == "memory" and self.channels() % self.heads:
            raise ValueError(
                f"has a width of {self.channels()}, which {self.heads} heads cannot share; choose "
                "a multiple"
            )
        if self.body in TRANSFORMERS:
            from omnigan_text.networks.hugging_face import check

            check(
                "causal" if self.body == "transformer" else "bidirectional",
                self.channels(),
                self.transformer,
            )
        return self

    def channels(self) -> int:
        """Return the width, where it was left open the one that suits the body."""
        return AUTO_WIDTH[self.body] if self.width == "auto" else self.width

    def latent(self) -> int:
        """Return the size of the latent vector; 0 for none."""
        if self.z == "auto":
            return 64 if self.body == "one-shot" else 0
        return self.z


class Discriminator(Section):
    """The discriminator network.

    Attributes:
        body: ``causal`` (recurrent; holds each symbol against what it expects after those before:
            the generator learns fastest), ``convolutional`` (runs of symbols; cheapest),
            ``representations`` (the same for each of several parts of the embeddings, RelGAN's),
            ``attention`` (a small transformer) or ``sequential`` (recurrent; a logit for each
            symbol and those before it).
        width: Channels for each length of runs, or size of states.
        size: Of a symbol's embedding.
        spans: ``convolutional`` and ``representations`` only: lengths of runs, in symbols.
        representations: ``representations`` only: parts of an embedding.
        word_dropout: ``causal`` only: share of the symbols read before that each look hides in
            training. It keeps the discriminator from knowing a small set of texts by heart.
        transformer: ``attention`` only: keys of the ``BertConfig`` of the library transformers.
    """

    OPTIONS: ClassVar = {
        "body": {
            "spans": ("convolutional", "representations"),
            "representations": ("representations",),
            "word_dropout": ("causal",),
            "transformer": ("attention",),
        }
    }

    body: CriticBody = "causal"
    width: Literal["auto"] | Width = "auto"
    size: int = Field(default=64, ge=4, le=4096)
    spans: Annotated[tuple[Annotated[int, Field(ge=1, le=64)], ...], Field(min_length=1)] = (
        1,
        2,
        3,
        5,
    )
    representations: int = Field(default=8, ge=1, le=256)
    word_dropout: float = Field(default=0.3, ge=0, lt=1)
    transformer: dict[str, Value] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _network_can_be_made(self) -> Discriminator:
        if self.body == "representations" and self.size % self.representations:
            raise ValueError(
                f"has embeddings of size {self.size}, which {self.representations} representations "
                "cannot share; choose a multiple"
            )
        if self.body == "attention":
            from omnigan_text.networks.hugging_face import check

            check("bidirectional", self.channels(), self.transformer)
        return self

    def channels(self) -> int:
        """Return the width, where it was left open the one that suits the body."""
        return AUTO_CRITIC_WIDTH[self.body] if self.width == "auto" else self.width
