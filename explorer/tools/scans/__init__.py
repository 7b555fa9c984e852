"""Scans of one's own: read in memory, one slice placed as the model's pictures are."""
