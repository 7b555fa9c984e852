"""A page that runs a model without a server: one HTML file, its styles and scripts."""
