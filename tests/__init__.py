"""One folder per folder of the project, and the proofs about its structure."""

import os

# What a run leaves out unless it names its marks: what takes minutes, and what only root may do.
EVERYDAY = "not sweep and not soak and not package" + ("" if os.geteuid() == 0 else " and not root")
