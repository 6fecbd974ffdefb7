"""What is said about the texts of a source."""

from __future__ import annotations

import pytest

from omnigan_text.data.report import Findings
from omnigan_text.data_config import TextData


@pytest.mark.parametrize(
    ("kind", "things"),
    [
        ("word", "words"),
        ("character", "characters"),
        ("byte", "bytes"),
        ("bpe", "pieces"),
        ("folder", "tokens"),
    ],
)
def test_what_is_outside_the_vocabulary_is_what_the_tokenizer_divides_into(
    kind: str, things: str
) -> None:
    tokenizer = {"kind": kind, **({"folder": "mine"} if kind == "folder" else {})}
    data = TextData.model_validate({"source": "a.txt", "length": 8, "tokenizer": tokenizer})
    said = Findings(unknown=(3, 1)).sentences(data)
    left = f"Left out because of {things} outside the vocabulary: 3 to train on, 1 held out."
    assert any(each.startswith(left) for each in said)
