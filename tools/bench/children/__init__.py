"""What runs as a process of its own while a figure is taken."""
