"""Builds BER-TLV data objects for the emulated cards (EMV Book 3, annex B); the terminal has a codec of its own."""


def tlv(tag: str, *values: bytes) -> bytes:
    """Return the data object `tag` (hexadecimal) whose value is `values` joined."""
    value = b"".join(values)
    return bytes.fromhex(tag) + length(len(value)) + value


def length(size: int) -> bytes:
    """Return the length field for `size` bytes, at most 65535: short form below 128, else long form."""
    if size < 0x80:
        return bytes([size])
    if size < 0x100:
        return bytes([0x81, size])
    return bytes([0x82]) + size.to_bytes(2, "big")


def dol_size(dol: bytes) -> int:
    """Return the bytes that a data object list asks for; its tags have one or two bytes (EMV Book 3, 5.4)."""
    size = position = 0
    while position < len(dol):
        position += 2 if dol[position] & 0x1F == 0x1F else 1
        size += dol[position]
        position += 1
    return size
