"""Checkpoints of other programs, read as data and written in this program's own form."""
