"""Tokenizers: trained on texts, or a user's own, with the symbols in use numbered from 1.

All are written as the ``tokenizer.json`` of the ``tokenizers`` library. Symbol 0 is END. What the
training examples do not use is left out or numbered last, so that a number from ``symbols`` on
says that a text does not fit the vocabulary.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnigan.errors import UserError
from omnigan_text.data_config import TokenizerChoice

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["numbered", "opened", "opened_folder", "trained", "unknown_symbol"]

END_PIECE = "<end of text>"
"""No tokenizer makes a piece with spaces inside, so this can not be met in a text."""
WORDS = r" ?\w+| ?[^\w\s]|\s"
"""A word or a punctuation mark, with the space before it if there is just one; other spaces."""
UNKNOWN_WORD = " <unk>"
"""No word has both a letter and another sign."""
UNKNOWN_CHARACTER = "\ufffd"
"""The replacement character, which is never in the vocabulary itself."""

_UNLIMITED = 2**31 - 1
_NEVER = -1e9  # log-probability of a piece that no text should be divided into


def trained(choice: TokenizerChoice, texts: Iterable[str]) -> Tokenizer:
    """Return a tokenizer that knows every piece of some texts.

    Args:
        choice: Which kind; not ``folder``.
        texts: The training texts.
    """
    from tokenizers import trainers

    if choice.kind in ("word", "character"):
        tokenizer = _split_tokenizer(choice.kind == "word")
        tokenizer.train_from_iterator(
            texts,
            trainers.WordLevelTrainer(
                vocab_size=_UNLIMITED, show_progress=False, special_tokens=[]
            ),
        )
        return _with_unknown(tokenizer)
    tokenizer = _byte_tokenizer(whole=choice.kind == "byte")
    if choice.kind == "bpe":
        tokenizer.train_from_iterator(
            texts,
            trainers.BpeTrainer(
                vocab_size=choice.size - 2,  # END, and maybe a mark for the unknown
                min_frequency=choice.least,
                show_progress=False,
                special_tokens=[],
            ),
        )
    return _with_unknown(tokenizer)


def _split_tokenizer(words: bool) -> Tokenizer:
    """Return a tokenizer whose pieces, one after the other, are the text."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel(unk_token=UNKNOWN_WORD if words else UNKNOWN_CHARACTER))
    pattern = Regex(WORDS if words else r"[\s\S]")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(pattern, "isolated")
    tokenizer.decoder = decoders.Fuse()
    return _with_first_space(tokenizer) if words else tokenizer


def _byte_tokenizer(whole: bool) -> Tokenizer:
    """Return a tokenizer of bytes, or of byte pairs that are still to be trained."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet()) if whole else []
    vocabulary = {letter: number for number, letter in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token=UNKNOWN_CHARACTER))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not whole)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer if whole else _with_first_space(tokenizer)


def _with_first_space(tokenizer: Tokenizer) -> Tokenizer:
    """Put a space before a text, so that its first word is the same piece as elsewhere."""
    from tokenizers import decoders, normalizers

    tokenizer.normalizer = normalizers.Prepend(" ")
    tokenizer.decoder = decoders.Sequence([tokenizer.decoder, decoders.Strip(" ", 1, 0)])
    return tokenizer


def _with_unknown(tokenizer: Tokenizer) -> Tokenizer:
    """Return a tokenizer with a number for what it does not know, the highest one."""
    content = json.loads(tokenizer.to_str())
    vocabulary, unknown = content["model"]["vocab"], content["model"]["unk_token"]
    vocabulary.pop(unknown, None)
    words = sorted(vocabulary, key=lambda word: vocabulary[word])
    content["model"]["vocab"] = {word: number for number, word in enumerate([*words, unknown])}
    return type(tokenizer).from_str(json.dumps(content))


def opened(vocabulary: str) -> Tokenizer:
    """Return the tokenizer that a ``tokenizer.json`` holds.

    Raises:
        UserError: It holds none.
    """
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_str(vocabulary)
    except Exception as error:  # the library raises nothing more precise
        raise UserError(
            f"data.vocabulary is not the text of a tokenizer.json ({error}); leave the key out, "
            "and it is made from the data"
        ) from error


def opened_folder(folder: Path) -> Tokenizer:
    """Return the tokenizer in a folder of the user's.

    Its ``tokenizer.json`` is taken as it is; without one, ``transformers.AutoTokenizer`` makes the
    tokenizer of whatever else is there.

    Raises:
        UserError: There is no such folder, or no tokenizer in it.
    """
    from tokenizers import Tokenizer

    if not folder.is_dir():
        raise UserError(f"data.tokenizer.folder: there is no folder '{folder}'")
    try:
        file = folder / "tokenizer.json"
        tokenizer = Tokenizer.from_file(str(file)) if file.is_file() else _converted(folder)
    except Exception as error:  # both libraries raise errors of many kinds
        reason = str(error).strip().split("\n")[0]
        raise UserError(
            f"data.tokenizer.folder: there is no tokenizer in '{folder}' that can be read "
            f"({reason}). It should hold a tokenizer.json, as save_pretrained of a fast tokenizer "
            "writes it"
        ) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _converted(folder: Path) -> Tokenizer:
    from transformers import AutoTokenizer

    opened = AutoTokenizer.from_pretrained(
        str(folder), local_files_only=True, trust_remote_code=False
    )
    return opened.backend_tokenizer


def unknown_symbol(tokenizer: Tokenizer) -> int | None:
    """Return the number that a tokenizer gives to what it does not know, if it does that."""
    model = json.loads(tokenizer.to_str())["model"]
    if model["type"] == "Unigram":
        number: int | None = model.get("unk_id")
        return number
    unknown = model.get("unk_token")
    return None if unknown is None else tokenizer.token_to_id(unknown)


def numbered(tokenizer: Tokenizer, used: Sequence[int]) -> str:
    """Return the ``tokenizer.json`` in which some symbols are numbered from 1, and END is 0.

    Args:
        tokenizer: Any.
        used: The numbers that they have now, in their new order. All others come behind them; a
            list of words is left without them, except for what stands for the unknown.
    """
    content = json.loads(tokenizer.to_str())
    model = content["model"]
    pieces: dict[int, str] = {n: piece for piece, n in tokenizer.get_vocab(True).items()}
    order = [END_PIECE, *(pieces[number] for number in used)]
    taken = set(order)
    rest = [pieces[number] for number in sorted(pieces) if pieces[number] not in taken]
    if model["type"] == "WordLevel":
        rest = [piece for piece in rest if piece == model["unk_token"]]
    numbers = {piece: number for number, piece in enumerate([*order, *rest])}
    model["vocab"] = _vocabulary(model, numbers)
    if model.get("unk_id") is not None:
        model["unk_id"] = numbers[pieces[model["unk_id"]]]
    for token in content["added_tokens"]:
        token["id"] = numbers[token["content"]]
    # They only add the beginnings and ends that other models want.
    content.update(post_processor=None, truncation=None, padding=None)
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _vocabulary(model: dict[str, Any], numbers: dict[str, int]) -> Any:
    if model["type"] != "Unigram":
        return numbers
    scores = dict(map(tuple, model["vocab"]))
    return [[piece, scores.get(piece, _NEVER)] for piece in numbers]
