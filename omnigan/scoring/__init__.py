"""Scoring: the discriminator of a run as a judge of a user's own files."""
