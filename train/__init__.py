"""Train a StyleGAN2 on your own slices: python -m train --help."""
