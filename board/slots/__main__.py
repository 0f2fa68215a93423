"""`python -m board.slots`: what systemd starts."""

import sys

from board.slots.choose import main

main(sys.argv[1:])
