"""Transformers made from configurations of the library ``transformers``, without pretraining."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import nn

from omnigan.errors import did_you_mean

if TYPE_CHECKING:
    from transformers import BertModel, GPT2Model

__all__ = ["Kind", "Settings", "bidirectional", "causal", "check"]

Kind = Literal["causal", "bidirectional"]
Settings = Mapping[str, bool | int | float | str | None]
"""Keys of a configuration."""

_GIVEN = {
    "n_embd": "follows from width",
    "hidden_size": "follows from width",
    "n_positions": "follows from data.length",
    "max_position_embeddings": "follows from data.length",
    "vocab_size": "follows from the data",
}
_IDLE = (
    "add_cross_attention",
    "bos_token_id",
    "classifier_dropout",
    "eos_token_id",
    "is_decoder",
    "pad_token_id",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
    "tie_word_embeddings",
    "type_vocab_size",
    "use_cache",
)


def causal(width: int, length: int, settings: Settings) -> GPT2Model:
    """Return a GPT-2 for embeddings ``[B, T, width]``, with fresh weights.

    Args:
        width: Size of embeddings.
        length: Most places.
        settings: Keys of ``GPT2Config``; small and without dropout where they say nothing.
    """
    from transformers import GPT2Config, GPT2Model

    small: dict[str, Any] = {
        "n_layer": 2,
        "n_head": 4,
        "activation_function": "gelu_pytorch_tanh",
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
    }
    no_symbols: dict[str, Any] = {"vocab_size": 1, "bos_token_id": None, "eos_token_id": None}
    own: dict[str, Any] = {"n_embd": width, "n_positions": length}
    model = GPT2Model(GPT2Config(**small | dict(settings) | no_symbols | own))
    model.set_input_embeddings(None)  # type: ignore[no-untyped-call]
    nn.init.normal_(model.wpe.weight, std=width**-0.5)
    return model


def bidirectional(width: int, length: int, settings: Settings, twice: bool = False) -> BertModel:
    """Return a BERT for embeddings ``[B, T, width]``, with fresh weights.

    Args:
        width: Size of embeddings.
        length: Most places.
        settings: Keys of ``BertConfig``; small and without dropout where they say nothing.
        twice: Whether it can be differentiated twice: fused attention cannot.
    """
    from transformers import BertConfig, BertModel

    small: dict[str, Any] = {
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 2 * width,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }
    no_symbols: dict[str, Any] = {"vocab_size": 1, "type_vocab_size": 1}
    own: dict[str, Any] = {"hidden_size": width, "max_position_embeddings": length}
    attention: dict[str, Any] = {"attn_implementation": "eager" if twice else "sdpa"}
    config = BertConfig(**small | dict(settings) | no_symbols | own | attention)
    model = BertModel(config, add_pooling_layer=False)
    model.set_input_embeddings(None)  # type: ignore[no-untyped-call]
    # As large as what stands there: else all places would be alike at first.
    nn.init.normal_(model.embeddings.position_embeddings.weight, std=0.5)
    return model


def check(kind: Kind, width: int, settings: Settings) -> None:
    """Make a network of a width, without memory for its weights, to see whether it can be made.

    Raises:
        ValueError: It cannot; says which key is to blame, where one is.
    """
    from transformers import BertConfig, GPT2Config

    config = GPT2Config if kind == "causal" else BertConfig
    build: Callable[[int, int, Settings], nn.Module] = causal if kind == "causal" else bidirectional
    known = config.__annotations__.keys() - _IDLE - _GIVEN.keys()
    for key in settings:
        if key in _GIVEN:
            raise ValueError(f"has transformer.{key}, which {_GIVEN[key]}")
        if key in _IDLE:
            raise ValueError(f"has transformer.{key}, which has no effect on this network")
        if key not in known:
            raise ValueError(
                f"has transformer.{key}, which {config.__name__} does not know."
                f"{did_you_mean(key, known)}"
            )
    with torch.device("meta"):
        try:
            build(width, 1, settings)
        except Exception as error:  # whatever the library raises is about these settings
            given = ", ".join(f"{key}={value!r}" for key, value in settings.items())
            why = " ".join(str(error).split())
            raise ValueError(
                f"has a transformer that cannot be made with width={width}"
                f"{', ' if given else ''}{given}: {why}"
            ) from error
