"""What ties the portable core to libraries and to the disk. CPython only; only `board.wiring` and tests import it."""
