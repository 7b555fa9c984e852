"""Many users for a long time: python -m tests.soak."""
