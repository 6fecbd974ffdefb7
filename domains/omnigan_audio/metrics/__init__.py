"""Measures of sounds, of sets of sounds and of pairs of sounds."""

from omnigan_audio.metrics.collection import suite

__all__ = ["suite"]
