"""A TCP proxy that makes the faults of a network, one process: `python -m tools.proxy --to HOST:PORT --dir DIR`.

It knows nothing of what it carries but, for faults that take whole frames, a length prefix of two bytes.
"""
