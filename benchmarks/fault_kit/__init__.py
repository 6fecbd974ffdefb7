"""Breaks runs on purpose: shared by ``benchmarks/faults.py`` and the tests of it."""
