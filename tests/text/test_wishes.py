"""What a user may ask a text generator for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan.errors import UserError
from omnigan_text.data_config import TokenizerChoice
from omnigan_text.domain import TextDomain
from omnigan_text.vocabulary import trained

Make = Callable[..., TextDomain]


def written(domain: TextDomain, **asked: Tensor) -> list[str]:
    """Return 50 texts of a generator as training begins with it."""
    torch.manual_seed(0)
    generator = domain.generator().eval()
    domain.initialise(generator, domain.discriminator())
    with torch.no_grad():
        x = generator(**domain.latent(50, torch.Generator().manual_seed(0)), **asked)
    return domain.objects(x)


def test_a_prefix_and_a_temperature_can_be_asked_for(made: Make) -> None:
    domain, rng = made(), torch.Generator()
    asked = domain.ask("prefix=blue river", rng)["prefix"]
    assert asked.shape == (1, 6)
    assert domain.codec.decode(asked[0, :2].long().tolist()) == "blue river"
    assert (asked[0, 2:] < 0).all()
    texts = written(domain, prefix=asked.expand(50, -1))
    assert all(text.startswith("blue river") for text in texts)
    assert len(set(texts)) > 5
    whole = domain.ask("prefix=red ball sees snow.", rng)["prefix"]
    texts = written(domain, prefix=whole.expand(50, -1))
    assert sum(text == "red ball sees snow." for text in texts) > 45
    blank = domain.ask("prefix=blue river ", rng)["prefix"]  # words have their space with them
    assert torch.equal(blank, asked)
    nothing = domain.ask("prefix=", rng)["prefix"].expand(50, -1)
    free = written(domain)
    assert written(domain, prefix=nothing) == free
    cold = domain.ask("temperature=0.01", rng)["temperature"]
    assert cold.tolist() == [pytest.approx(0.01)]
    likeliest = written(domain, temperature=cold.expand(50))
    assert len(set(likeliest)) < len(set(free))


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ("temperature=warm", r"temperature=warm: must be a number from 0\.01"),
        ("temperature=0", r"temperature=0: must be a number"),
        ("temperature=nan", r"temperature=nan: must be a number"),
        ("temperature=1_0", r"temperature=1_0: must be a number"),
        ("temperature=1000", r"to 100 \(anything\)"),
        ("prefix=red zebra", r"^prefix=red zebra: 'zebra' is not in the model's vocabulary\.$"),
        ("prefix=Red rivers ", r"=Red rivers : 'Red' is not .* vocabulary; it has 'red', say\.$"),
        ("prefix=red rived", r"'rived' is not in .*; it has 'river' and 'red', say\.$"),
        ("prefix=red  ", r"prefix=red  : ' ' is not in the model's vocabulary\.$"),
        ("prefix=red red red red red red", r"it has 6 symbols, and a beginning may have at most 5"),
        ("prefix=red \udcff", r"^'red \\udcff' is not valid Unicode$"),
        ("loudness=3", r"this model has no conditions but its labels"),
    ],
)
def test_what_cannot_be_asked_for_is_said(made: Make, wish: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        made().ask(wish, torch.Generator())


def test_a_blank_at_the_end_of_a_prefix_is_a_symbol_where_characters_are(made: Make) -> None:
    domain = made(data={"tokenizer": {"kind": "character", "least": 1}})
    prefix = domain.ask("prefix=blue ", torch.Generator())["prefix"][0, :6]
    assert domain.codec.decode(prefix[:5].long().tolist()) == "blue "
    assert prefix[5] < 0


@pytest.mark.parametrize(
    ("kind", "kept"), [("character", "blue "), ("byte", "blue "), ("word", "blue"), ("bpe", "blue")]
)
def test_so_it_is_with_a_tokenizer_of_the_users_own(
    made: Make, tmp_path: Path, kind: Any, kept: str
) -> None:
    tokenizer = trained(TokenizerChoice(kind=kind, least=1), made().objects(made()._some_texts().x))
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    domain = made(data={"tokenizer": {"kind": "folder", "folder": str(tmp_path)}})
    prefix = domain.ask("prefix=blue ", torch.Generator())["prefix"][0]
    assert domain.codec.decode(prefix[prefix >= 0].long().tolist()) == kept


def test_a_one_shot_generator_has_no_prefix(made: Make) -> None:
    domain = made(generator={"body": "one-shot"})
    with pytest.raises(UserError, match=r"prefix=red: .* one-shot .* generator.body=recurrent"):
        domain.ask("prefix=red", torch.Generator())


def test_sequences_of_one_length_have_prefixes_too(made: Make) -> None:
    oracle = {"examples": 40, "length": 4, "symbols": 7}
    domain = made("oracle", data={"oracle": oracle})
    assert domain.ask("prefix=3 0", torch.Generator())["prefix"].tolist() == [[3, 0, -1, -1]]
    with pytest.raises(UserError, match="a beginning may have at most 3"):
        domain.ask("prefix=1 2 3 4", torch.Generator())
    with pytest.raises(UserError, match="'7' is not a whole number from 0 to 6"):
        domain.ask("prefix=7", torch.Generator())
