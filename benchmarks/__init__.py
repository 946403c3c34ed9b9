"""Measurements of speed and memory; ``python -m benchmarks`` runs them, rows are in `rows` and `startup`."""
