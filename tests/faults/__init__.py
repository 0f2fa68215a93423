"""Faults of the disk and of the power, made for real: strace kills and fails system calls, a small tmpfs runs full."""
