"""Honest implementations of the core's ports in memory: the lowest layer that a portable test can stand on.

Each keeps its port's contract and records what was asked of it; none of them replaces a part of the core.
"""
