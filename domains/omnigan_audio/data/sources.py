"""What a source is: files, or sounds to render."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omnigan.datasets.files import files_below, no_such_source, require_files
from omnigan.datasets.label_table import used_table
from omnigan.errors import UserError
from omnigan.paths import user_path
from omnigan.thinning import evenly
from omnigan_audio.data.decode import ENDINGS
from omnigan_audio.data.soundfont import Note, notes_of, renderer, soundfont_file
from omnigan_audio.data_config import AudioData

__all__ = ["SOUNDFONT", "Found", "find"]

SOUNDFONT = "soundfont"


@dataclass(frozen=True)
class Found:
    """A source that exists.

    Attributes:
        path: Where it is: a folder, a file, or the SoundFont.
        parts: Files that it consists of, and what counts of each one's name.
        rendering: How sounds are rendered, JSON values; empty for files.
        files: Sound files, ``(name, file)``; empty for the SoundFont.
        notes: Sounds to render; empty for files.
        ignored: Other files of a folder, by ending.
    """

    path: Path
    parts: Sequence[tuple[str, Path]]
    rendering: Sequence[Any] = ()
    files: Sequence[tuple[str, Path]] = ()
    notes: Sequence[Note] = ()
    ignored: Counter[str] = field(default_factory=Counter)

    @property
    def names(self) -> list[str]:
        """A name for each sound."""
        return [name for name, _ in self.files] or [note.name for note in self.notes]


def find(data: AudioData) -> Found:
    """Say what a source is, without reading it.

    Raises:
        UserError: There is no such source, or nothing in it.
    """
    if data.source == SOUNDFONT:
        return _rendered(data)
    path = user_path(data.source, "data.source")
    if path.is_file():
        return Found(path, [(path.suffix.lower(), path)], files=[(path.name, path)])
    if path.is_dir():
        files, ignored = files_below(path, ENDINGS, used_table(data.labels, path))
        require_files(len(files), ignored, data.source, "sound", ENDINGS)
        some = _some(files, data.max_files)
        return Found(path, some, files=some, ignored=ignored)
    raise no_such_source(data.source, [SOUNDFONT], "a folder of sound files, of one such file")


def _rendered(data: AudioData) -> Found:
    if data.cut == "random":
        raise UserError(
            "data.cut: 'random' is for recordings, and the sounds of 'soundfont' are rendered one "
            "by one; write attack or start"
        )
    font = soundfont_file()
    notes = _some(notes_of(data.soundfont), data.max_files)
    settings = data.soundfont.model_dump(mode="json")
    return Found(font, [("", font)], [renderer(), settings, data.max_files], notes=notes)


def _some(items: Sequence[Any], most: int | None) -> Sequence[Any]:
    if most is None or most >= len(items):
        return items
    return [items[place] for place in evenly(len(items), most)]
