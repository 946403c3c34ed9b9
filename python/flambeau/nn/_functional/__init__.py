"""The Python-defined part of flambeau.nn.functional, by family; nn/functional.py gathers it."""
