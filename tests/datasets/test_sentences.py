"""What people are told of their data, and that nothing is said of what is not there."""

from __future__ import annotations

from omnigan.datasets import sentences


def test_what_is_there_is_said_with_its_number() -> None:
    broken = [(f"{name}.wav", "torn") for name in "abcd"]
    assert sentences.said(
        sentences.tally("Labels", {"cat": 3, "dog": 5}),
        sentences.left_out("without a label", 2),
        sentences.unreadable(broken, "sound"),
        sentences.other_files({f".{name}": 9 for name in "abcdef"}),
        sentences.copies(1, 0, "sound"),
        sentences.copies(2, None, "sound"),
        sentences.in_memory(True),
    ) == [
        "Labels: cat (3), dog (5).",
        "Left out without a label: 2.",
        "Unreadable: 4 sounds, a.wav (torn), b.wav (torn), c.wav (torn), ....",
        "Other files, ignored: 9 .a, 9 .b, 9 .c, 9 .d, 9 .e.",
        "1 exact copy and 0 near copies of other sounds were found; none is held out while another "
        "is trained on.",
        "2 exact copies of other sounds; nothing is trained on while an exact copy of it is held "
        "out.",
        "The cache cannot be written, so they stay in memory.",
    ]


def test_nothing_is_said_of_what_is_not_there() -> None:
    assert not sentences.said(
        sentences.tally("Labels", {}),
        sentences.left_out("without a label", 0),
        sentences.unreadable([], "sound"),
        sentences.other_files({}),
        sentences.copies(0, 0, "sound"),
        sentences.copies(0, None, "sound"),
        sentences.in_memory(False),
    )
