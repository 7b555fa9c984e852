"""Directions of w that an edit moves along, one module for each way to find them."""
