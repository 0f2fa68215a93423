"""A release's version: three numbers, as `0.2.0`."""

_MOST_DIGITS = 6


def numbers(version: object) -> "tuple[int, int, int] | None":
    """The three numbers, by which releases are compared; None for what is no version of a release."""
    parts = version.split(".") if isinstance(version, str) else []
    if len(parts) != 3 or not all(_is_number(part) for part in parts):
        return None
    return int(parts[0]), int(parts[1]), int(parts[2])


def is_newer(version: str, than: str) -> bool:
    """Whether `version` is a release's, and a later one's than `than`; every release is later than what is none."""
    found = numbers(version)
    return found is not None and found > (numbers(than) or (-1, -1, -1))


def _is_number(part: str) -> bool:
    plain = 0 < len(part) <= _MOST_DIGITS and all("0" <= digit <= "9" for digit in part)
    return plain and (part == "0" or part[0] != "0")
