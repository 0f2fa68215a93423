"""Benchmarks of one counter on the virtual board: what is printed, beside the target it has."""
