"""What the terminal decides and does. Everything outside `adapters/` runs unchanged on CPython and on MicroPython."""
