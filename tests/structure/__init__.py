"""Proofs about the project's structure: what the core may use, who imports whom, what a terminal loads."""
