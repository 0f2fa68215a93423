"""Only here are core, adapters and board put together: a file for each group of parts, `parts.py` for all of them."""
