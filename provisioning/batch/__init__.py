"""Batches: hundreds of terminals from a table, each an installation (`provisioning.install`) over SSH.

`check.py` looks at every row before the first terminal is touched, `run.py` installs them side by side, and
`record.py` keeps beside the table what became of each, so that a second run goes on where the first one ended.
"""
