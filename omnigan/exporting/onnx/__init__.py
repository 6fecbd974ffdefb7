"""Exports that need neither this package nor torch: ONNX, and what it takes to use it."""
