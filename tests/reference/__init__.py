"""Slow, plain versions of each equation, written from the papers to check the fast ones against."""
