"""Texts of terminals, which may be anything, as the store keeps them and a screen shows them: on one line, not endless.

A database takes neither a NUL nor half of a surrogate pair, both of which JSON can spell.
"""

LONGEST = 300
_INSTEAD = "\ufffd"


def plain(value: object, longest: int = LONGEST) -> str:
    """`value` as a text of printable characters only, cut to `longest`."""
    text = str(value)[:longest]
    return text if text.isprintable() else "".join(sign if sign.isprintable() else _INSTEAD for sign in text)
