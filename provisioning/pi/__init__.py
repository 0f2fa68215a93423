"""A Raspberry Pi as a terminal wants it: what to change on its system, applied there, or written onto a blank card."""
