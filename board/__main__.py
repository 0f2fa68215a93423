"""`python -m board`."""

import sys

from board.main import main

sys.exit(main())
