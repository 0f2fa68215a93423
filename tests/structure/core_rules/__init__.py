"""The rules of the core's allow-list check, a file per kind; `tests/structure/core_check.py` applies them."""
