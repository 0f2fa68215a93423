"""What is done to terminals that were installed before."""
