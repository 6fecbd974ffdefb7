"""From a folder of MIDI files to phrases, and what is said about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest
import torch

from omnigan.errors import UserError
from omnigan_music.config import MusicData, Track
from omnigan_music.corpus import load_corpus
from omnigan_music.grid import Grid

Make = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path, track: Make, midi: Make, tune: Make) -> Path:
    """Return ten pieces of 16 bars in two folders; the last is the first, transposed."""
    for number in range(10):
        seed, shift = (number, 0) if number < 9 else (0, 2)
        lead = [(s, e, p + shift) for s, e, p in tune(seed)]
        bass = [(s, e, p - 24 + shift) for s, e, p in tune(seed + 50)]
        place = tmp_path / ("fast" if number % 2 else "slow")
        place.mkdir(exist_ok=True)
        content = midi(track(lead, name="Lead", program=73), track(bass, name="Bass", channel=1))
        (place / f"{number}.mid").write_bytes(content)
    return tmp_path


def test_a_folder_becomes_phrases(folder: Path) -> None:
    data, corpus = load_corpus(MusicData(source=str(folder), transpose=2))
    assert Grid.of(data) == corpus.grid
    assert [(v.name, v.monophonic, v.program) for v in corpus.grid.voices] == [
        ("Lead", True, 73),
        ("Bass", True, 0),
    ]
    assert (len(corpus.train), len(corpus.valid)) == (7, 2)
    assert {p.name for p in corpus.train}.isdisjoint(p.name for p in corpus.valid)
    train, valid = corpus.source("train"), corpus.source("valid")
    assert (len(train), len(valid)) == (7 * 13, 2 * 13)
    x = train.read(0, torch.Generator()).x
    assert x.shape == corpus.grid.shape
    assert x[1].sum() == 2 * 16  # a quarter note a beat in each of two tracks
    # phrases of both splits are transposed, by the generator alone
    for phrases in (train, valid):
        reads = [phrases.read(0, torch.Generator().manual_seed(seed)).x for seed in range(30)]
        assert len({one[0].nonzero().sum().item() for one in reads}) == 5  # -2 to 2 semitones
        assert torch.equal(reads[7], phrases.read(0, torch.Generator().manual_seed(7)).x)


def test_a_resolved_config_gives_the_same_corpus(folder: Path) -> None:
    data, corpus = load_corpus(MusicData(source=str(folder), labels="folder"))
    again, same = load_corpus(data)
    assert again == data
    for split in ("train", "valid"):
        a, b = getattr(corpus, split), getattr(same, split)
        assert [(p.name, p.label, p.notes.tolist()) for p in a] == [
            (p.name, p.label, p.notes.tolist()) for p in b
        ]
    assert MusicData(**json.loads(data.model_dump_json())) == data


def test_duplicates_are_left_out_before_the_split(folder: Path) -> None:
    _, corpus = load_corpus(MusicData(source=str(folder)))
    # names are compared in order: fast/9 comes before slow/0
    assert corpus.findings.duplicates == (("slow/0.mid", "fast/9.mid"),)


def test_variants_are_on_one_side(folder: Path, track: Make, midi: Make, tune: Make) -> None:
    for number in range(3):
        bass = [(s, e, p - 24) for s, e, p in tune(200 + number)]
        (folder / f"variant {number}.mid").write_bytes(
            midi(track(tune(99)), track(bass, channel=1))
        )
    for seed in range(6):
        _, corpus = load_corpus(MusicData(source=str(folder), split_seed=seed, held_out=0.5))
        sides = [
            sum(p.name.startswith("variant") for p in side) for side in (corpus.train, corpus.valid)
        ]
        assert sorted(sides) == [0, 3]
        assert corpus.findings.variants == 3


def test_labels_reach_the_phrases(folder: Path) -> None:
    data, corpus = load_corpus(MusicData(source=str(folder), labels="folder"))
    assert data.label_names == ("fast", "slow")
    phrases = corpus.source("train")
    labels = [int(phrases.read(n, torch.Generator()).cond["label"]) for n in range(len(phrases))]
    expected = [("fast", "slow").index(p.name[:4]) for p in corpus.train for _ in range(13)]
    assert labels == expected


def test_a_label_that_lost_all_its_pieces_is_none_of_the_model(
    folder: Path, track: Make, midi: Make, tune: Make
) -> None:
    (folder / "brief").mkdir()
    few = tune(99)[:4]  # a bar; a phrase has four
    content = midi(track(few, name="Lead", program=73), track(few, name="Lute", channel=1))
    (folder / "brief" / "10.mid").write_bytes(content)
    source = MusicData(source=str(folder), labels="folder")
    data, corpus = load_corpus(source)
    assert data.label_names == ("fast", "slow")
    assert any(
        "has a phrase, so" in text and "brief" in text for text in corpus.report()["summary"]
    )
    assert corpus.report()["labels without a phrase"] == ["brief"]
    assert corpus.report()["instruments that no track takes"] == {}, "of pieces that are used"
    asked = source.model_copy(update={"label_names": ("brief", "fast")})
    assert load_corpus(asked)[0].label_names == ("brief", "fast"), "as given"


def test_pieces_without_a_label_are_left_out_and_counted(folder: Path) -> None:
    table = folder / "styles.csv"
    table.write_text("file,label\n0,x\n1,y\n2,x\n3,y\n4,\nlost.mid,x\n")
    data, corpus = load_corpus(MusicData(source=str(folder), labels=str(table)))
    assert data.label_names == ("x", "y")
    assert corpus.report()["pieces without a label"] == 6
    rows = [line for line in corpus.report()["summary"] if line.startswith("Rows in the table")]
    assert [row.partition(": ")[2] for row in rows] == ["1 row, lost.mid (x).", "1 row, 4 (empty)."]
    assert sum(corpus.report()["labels"].values()) == 4


def test_one_piece_is_divided_in_time(folder: Path) -> None:
    _, corpus = load_corpus(MusicData(source=str(folder / "fast" / "1.mid"), held_out=0.25))
    assert [p.bars for p in (*corpus.train, *corpus.valid)] == [12, 4]
    assert any("its end is held out" in sentence for sentence in corpus.report()["summary"])
    assert corpus.report()["split by"] == "time"


def test_a_meter_that_no_piece_has_is_refused(folder: Path) -> None:
    with pytest.raises(UserError, match=r"no piece has 4 bars of 7/8.*commonest meter is 4/4"):
        load_corpus(MusicData(source=str(folder), meter="7/8"))


def test_longer_phrases_than_pieces_are_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="no piece has 17 bars of 4/4"):
        load_corpus(MusicData(source=str(folder), bars=17))


def test_the_report_is_json_and_says_what_happened(folder: Path, track: Make, midi: Make) -> None:
    (folder / "broken.mid").write_bytes(b"text")
    (folder / "nowhere.mid").symlink_to("missing.mid")
    (folder / "short.mid").write_bytes(midi(track([(0, 1, 60)]), track([(0, 1, 30)], channel=1)))
    _, corpus = load_corpus(MusicData(source=str(folder)))
    report = json.loads(json.dumps(corpus.report()))
    assert report["preprocessing"] == (
        "4 steps a beat of 4/4, phrases of 4 bars, 1 bar apart, transposed by up to 3 semitones, "
        "pitches of tracks: Lead 45 to 84, Bass 21 to 60"
    )
    assert report["pieces"] == {"train": 7, "valid": 2}
    assert report["phrases"] == {"train": 91, "valid": 26}
    assert report["pieces read"] == 11
    assert report["broken"] == [
        "broken.mid: it is not a MIDI file",
        "nowhere.mid: it is a link to nowhere",
    ]
    assert report["duplicates"] == 1
    assert report["pieces without a phrase"] == 1
    assert report["without a phrase"] == ["short.mid: 4/4"]
    assert report["notes"] == 10 * 2 * 64 + 2
    assert report["summary"] == [
        "Music: 11 pieces, 1282 notes in 161 bars of 4/4.",
        "1 of 11 pieces is left out: no 4 bars of 4/4 in a row with notes in at least half of them "
        "(4/4: 1).",
        "Grid: 4 steps a beat, 120 quarter notes a minute.",
        "Tracks: Lead (one note at a time, pitches 45 to 84); Bass (one note at a time, "
        "pitches 21 to 60).",
        "Phrases of 4 bars: 91 from 7 pieces to train on, 26 from 2 pieces held out.",
        "Unreadable: 2 files, broken.mid (it is not a MIDI file), nowhere.mid (it is a link to "
        "nowhere).",
        "Left out as duplicates: 1 piece, slow/0.mid (as fast/9.mid).",
    ]


def test_what_is_left_out_for_its_meter_is_said_with_what_learns_it(
    folder: Path, track: Make, midi: Make, tune: Make
) -> None:
    for number, (beats, unit) in enumerate([(3, 4), (6, 8), (6, 8)]):
        meter = mido.MetaMessage("time_signature", numerator=beats, denominator=unit)
        lead = track(tune(300 + number), program=73, meta=[(0, meter)])
        (folder / f"other {number}.mid").write_bytes(midi(lead, track(tune(400), channel=1)))
    _, corpus = load_corpus(MusicData(source=str(folder)))
    report = corpus.report()
    assert report["summary"][1] == (
        "3 of 13 pieces are left out: no 4 bars of 4/4 in a row with notes in at least half of "
        "them (6/8: 2, 3/4: 1); data.meter=6/8 learns those in 6/8 instead."
    )
    assert report["without a phrase"] == [
        "other 0.mid: 3/4",
        "other 1.mid: 6/8",
        "other 2.mid: 6/8",
    ]
    _, other = load_corpus(MusicData(source=str(folder), meter="6/8"))
    assert {piece.name for piece in other.train + other.valid} == {"other 1.mid", "other 2.mid"}


def test_instruments_that_no_track_takes_are_named(folder: Path) -> None:
    tracks = (Track(name="Low", programs=(0,)),)
    _, corpus = load_corpus(MusicData(source=str(folder), tracks=tracks))
    report = corpus.report()
    assert report["instruments that no track takes"] == {"program 73 (pipe)": 640}
    assert report["notes that no track takes"] == 640
    assert (
        "No track takes 640 notes (program 73 (pipe): 640); data.tracks can name a track for them."
    ) in report["summary"]
    assert not any(sentence.startswith("Also found") for sentence in report["summary"])
