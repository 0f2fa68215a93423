"""One folder per folder of the project, and the proofs about its structure."""

# What a run leaves out unless it names its marks: what takes minutes.
EVERYDAY = "not sweep and not soak"
