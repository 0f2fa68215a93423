"""Regular expressions: what MicroPython's small `re` refuses, and what it silently takes for literal characters."""

_CLASSES = "dDsSwW"


def pattern_problem(pattern: str | bytes) -> str:
    """What is wrong with `pattern` and what to use instead, "" when both interpreters read it alike."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    in_set = False
    position = 0
    while position < len(text):
        character, following = text[position], text[position + 1 : position + 2]
        if ord(character) > 127 and isinstance(pattern, str):
            return "MicroPython matches bytes, not characters; compare strings instead"
        if character == "\\":
            if following.isalnum() and following not in _CLASSES:
                return f"\\{following} is taken for the character {following}; only \\d \\D \\s \\S \\w \\W are known"
            position += 1
        elif in_set:
            in_set = character != "]"
        elif character == "[":
            in_set = True
            skipped = 2 if following == "^" else 1
            if text[position + skipped : position + skipped + 1] == "]":
                return "a set cannot begin with ]; write \\]"
        elif character == "{":
            return "{m,n} never matches in MicroPython; repeat the item, or count afterwards"
        elif character == "(" and following == "?" and text[position + 2 : position + 3] != ":":
            return "(?...) is too complex for MicroPython; only (?:...) is known"
        position += 1
    return ""
