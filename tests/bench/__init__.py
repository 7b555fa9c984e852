"""How fast is it: `make bench`."""
