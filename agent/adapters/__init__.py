"""What ties the portable core to libraries and to the disk. CPython only; only `board.main` and tests import it."""
