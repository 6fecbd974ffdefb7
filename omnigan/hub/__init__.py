"""Exports on the Hugging Face Hub: pushed from a folder, loaded by name."""
