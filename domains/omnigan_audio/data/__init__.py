"""From sound files and a SoundFont to examples; see :func:`load_audio`."""

from omnigan_audio.data.audio import Audio, load_audio
from omnigan_audio.data.clips import Clips
from omnigan_audio.data.files import read_file, read_wave

__all__ = ["Audio", "Clips", "load_audio", "read_file", "read_wave"]
