"""Exports: a folder that holds a generator, what it takes to use it, and what to know about it."""
