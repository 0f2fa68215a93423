"""Tests of the portable core that run under both interpreters; the rules for writing one stand in `run.py`."""
