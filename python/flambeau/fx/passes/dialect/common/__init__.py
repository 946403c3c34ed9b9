"""Passes over graphs whose calls are operators of `flambeau.ops` or functions of the library."""
