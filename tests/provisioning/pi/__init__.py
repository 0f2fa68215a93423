"""Setting up a Raspberry Pi, on small trees that lie as Raspberry Pi OS does."""
