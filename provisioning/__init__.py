"""What sets a terminal up: keys, the signed binding, and taking both to the terminal."""
