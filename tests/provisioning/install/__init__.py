"""Installing terminals: a real desk, blank virtual terminals, and what goes wrong with them."""
