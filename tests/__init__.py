"""One folder per folder of the project, and the proofs about its structure."""
