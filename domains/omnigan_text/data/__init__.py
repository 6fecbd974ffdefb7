"""From files and embedded texts to examples; see :func:`load_text`."""

from omnigan_text.data.read import read_file
from omnigan_text.data.text import Text, load_text

__all__ = ["Text", "load_text", "read_file"]
