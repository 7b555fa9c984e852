"""Damaged files and made-up requests: each must be read, or refused in a sentence."""
