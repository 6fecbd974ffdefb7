"""The command line: one module per group of commands, heavy libraries imported inside them."""

from __future__ import annotations

from omnigan.cli.app import main

__all__ = ["main"]
