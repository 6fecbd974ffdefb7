"""Training on several processes: how they share the work, agree, and learn of each other's end."""

from __future__ import annotations

from omnigan.engine.ranks.alone import Ranks
from omnigan.engine.ranks.joining import joined

__all__ = ["Ranks", "joined"]
