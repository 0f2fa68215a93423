"""What a run of the tests takes unless it names marks itself."""

import os

# Left out is what takes minutes, and what only root may do.
EVERYDAY = "not sweep and not soak and not package and not batch and not fleetload and not fuzz" + (
    "" if os.geteuid() == 0 else " and not root"
)
