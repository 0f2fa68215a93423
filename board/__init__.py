"""The machine that the terminal runs on."""
