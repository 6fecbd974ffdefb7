"""Whatever a label or a wish says, it is one name of a file, on any disk, and of no other's."""

from __future__ import annotations

import string
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from omnigan import api
from omnigan.cli.common import harmless
from omnigan.cli.places import destination, file_name, file_names, folder_name, named
from omnigan.errors import UserError

Run = Callable[..., tuple[int, str, str]]

# C0, DEL with C1, and what turns the direction of writing round
CONTROLS = {*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
# code points that a text of a user's may have: lone surrogates come from names of files
anything = st.text(st.characters(exclude_categories=()))
hostile = st.text(st.sampled_from([*'/\\:*?"<>|. \x00\n\x1b\x7f\x9b\u2028\u202e\ud800aé\u3000']))
texts = anything | hostile


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("left", "left"),
        ("Déjà vu, 2", "Déjà vu, 2"),
        ("日本語", "日本語"),
        ("a/b\\c", "a_b_c"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "_"),
        ("...", "_"),
        ("", "_"),
        (".hidden", "hidden"),
        ("ends. ", "ends"),
        ("\x1b[2J", "_[2J"),
        ("a\nb\x00c\x7fd\x9be\u202ef", "a_b_c_d_e_f"),
        ("\udcff", "_"),  # a name that is no UTF-8, as Python reads it
        ('x:y*z?"<>|', "x_y_z_____"),
        ("NUL", "_NUL"),
        ("con.txt", "_con.txt"),
        ("Com1 .x", "_Com1 .x"),
        ("console", "console"),
        ("x" * 500, "x" * 80),
        ("é" * 500, "é" * 40),
        ("日" * 500, "日" * 26),  # not half a sign at the cut
        ("a" * 79 + "./b", "a" * 79),
        ("con" + " " * 200 + "x", "_con"),
    ],
)
def test_the_name_of_a_text(text: str, name: str) -> None:
    assert file_name(text) == name


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    made = []
    for _ in range(3):
        folder = destination(None, tmp_path, "path", "0", None, "left")
        folder.mkdir(parents=True)
        made.append(folder.relative_to(tmp_path).as_posix())
    assert made == [f"generated/path-0-left{ending}" for ending in ("", "-2", "-3")]


def test_what_is_made_of_a_checkpoint_outlives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = tmp_path / "checkpoints" / "step-00000006"
    checkpoint.mkdir(parents=True)
    wanted = tmp_path / "generated" / "step-00000006" / "seed-0"
    assert destination(None, checkpoint, "seed-0") == wanted
    monkeypatch.chdir(checkpoint)
    assert destination(None, Path(), "seed-0") == wanted
    monkeypatch.chdir(checkpoint.parent)
    assert destination(None, Path("step-00000006"), "seed-0") == wanted


@pytest.mark.parametrize("place", ["file", "file/below", "file/far/below"])
def test_a_file_is_no_folder_to_write_to(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"--out: .*file is a file"):
        destination(tmp_path / place, tmp_path)
    assert destination(tmp_path / "other" / "new", tmp_path) == tmp_path / "other" / "new"


@given(texts)
@example("nul.")
def test_any_text_is_one_name_that_stays_where_it_is(text: str) -> None:
    name = file_name(text)
    assert (Path("here") / name).resolve() == Path("here").resolve() / name
    assert name not in ("", ".", "..")
    assert not set(name) & set('/\\:*?"<>|')
    assert name.isprintable()
    assert name[0] not in ". "
    assert name[-1] not in ". "
    assert len(name.encode()) <= 80
    assert file_name(name) == name  # a name is its own


@given(texts)
def test_a_file_of_the_name_can_be_written(tmp_path_factory: Any, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / file_name(text)
    path.write_text("here")
    assert path.read_text() == "here"
    path.unlink()


@given(st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=80))
def test_a_plain_word_keeps_its_name(word: str) -> None:
    assert file_name(word) in (word, f"_{word}")  # the devices of Windows


@given(st.lists(texts, unique=True, max_size=8))
@example(["a/b", "a_b", "a_b-2", "A_B", "a:b"])
@example(["é", "e\u0301", "E\u0301"])
@example(["x" * 90, "x" * 91, "x" * 80])
def test_no_two_texts_share_a_name(labels: list[str]) -> None:
    names = file_names(labels)
    assert list(names) == labels
    folded = {name.casefold() for name in names.values()}
    assert len(folded) == len(labels)
    assert names == file_names(labels)
    for number, (text, name) in enumerate(names.items()):
        alone = file_name(text)
        assert name == alone or name.rpartition("-")[0] == alone
        assert number > 0 or name == alone


def test_names_are_counted_in_the_order_of_the_labels() -> None:
    assert file_names(["a/b", "a_b", "a_b-2", "A_B", "c"]) == {
        "a/b": "a_b",
        "a_b": "a_b-3",  # -2 is what another label is called
        "a_b-2": "a_b-2",
        "A_B": "A_B-4",
        "c": "c",
    }


def test_a_wish_is_called_by_its_words_and_a_file_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert named("temperature=0.8") == "temperature=0.8"
    assert named("a/b.wav") == "a_b.wav"  # there is none
    Path("a").mkdir()
    Path("a/b.wav").write_bytes(b"")
    assert named("a/b.wav") == "b"
    assert named(str(tmp_path / "a" / "b.wav")) == "b"
    assert named("prefix=" + "long " * 9999) == ("prefix=" + "long " * 99)[:80].strip()
    assert named("no\x00file") == "no_file"


def test_a_folder_of_many_words_has_a_name_that_disks_take(tmp_path: Path) -> None:
    assert folder_name(None, "seed-0", "", "left") == "seed-0-left"
    many = folder_name("path", *map(str, range(1000)))
    assert many.startswith("path-0-1-2-3-")
    (tmp_path / many).mkdir()


@given(texts)
def test_a_text_gives_no_orders_to_a_terminal(text: str) -> None:
    shown = harmless(text)
    assert len(shown) == len(text)
    assert harmless(shown) == shown
    for before, after in zip(text, shown, strict=True):
        assert after == before or (after == "?" and not before.isprintable())
        assert after in "\t\n" or ord(after) not in CONTROLS


def test_what_is_harmless_is_shown_as_it_is() -> None:
    text = "naïve\t日本\u3000語 \U0001f600\nline"
    assert harmless(text) == text
    assert harmless("\x1b]0;title\x07\x9b31m") == "?]0;title??31m"


def test_labels_of_one_name_get_folders_of_their_own(
    omnigan: Run, trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = import_module("acme_toy").ToyDomain
    monkeypatch.setattr(toy, "labels", lambda self: ("a/b", "a_b", "../up"))
    words = ("augment", trained, "--per-class", "3", "--out", "made")
    assert omnigan(*words)[:2] == (0, "3 labels of 3 samples: made\n")
    assert sorted(str(path) for path in Path("made").rglob("*.txt")) == [
        "made/_up/points.txt",
        "made/a_b-2/points.txt",
        "made/a_b/points.txt",
    ]
    assert len(Path("made/a_b-2/points.txt").read_text().splitlines()) == 3


def test_where_there_are_no_labels_advice_depends_on_the_domain(
    omnigan: Run,
    trained: str,
    mixture: ModuleType,
    mixture_recipe: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(import_module("acme_toy").ToyDomain, "labels", lambda self: ())
    words = ["data.labels=false", "train.steps=1"]
    other = str(api.train(mixture_recipe, words, out="other"))
    for run, advice in {trained: "'omnigan sample' makes", other: "set data.labels and"}.items():
        status, _, errors = omnigan("augment", run, "--out", "set")
        assert status == 2
        assert f"{run} was trained without labels; {advice} " in errors


def test_a_label_leads_nowhere_else(
    omnigan: Run, trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = import_module("acme_toy").ToyDomain
    monkeypatch.setattr(toy, "labels", lambda self: ("../../up",))
    status, output, _ = omnigan("sample", trained, "--label", "../../up")
    assert (status, output) == (0, "run/generated/seed-0-_.._up/points.txt\n")


def test_many_seeds_make_one_name(omnigan: Run, trained: str) -> None:
    seeds = ",".join(map(str, range(99)))
    status, output, errors = omnigan("interpolate", trained, "--seeds", seeds, "--frames", "1")
    assert (status, errors) == (0, "")
    assert output.startswith("run/generated/path-0-1-2-")


@pytest.mark.parametrize(
    "seeds", ["²", "1,²", "-1,2", "1_0,2", "٣,4", "1,,2", "", str(2**63), "9" * 5000, "1;2", "nan"]
)
def test_seeds_that_are_none_are_told(omnigan: Run, trained: str, seeds: str) -> None:
    status, output, errors = omnigan("interpolate", trained, "--seeds", seeds)
    assert (status, output) == (2, "")
    assert errors == (
        f"error: --seeds must be whole numbers from 0 to {2**63 - 1} with commas between, not "
        f"'{seeds}'.\n"
    )
