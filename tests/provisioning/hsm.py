"""A real PKCS#11 token for the tests: SoftHSM, with its files in a folder of the test's own."""

import os
import subprocess
from pathlib import Path

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
LABEL = "desk"


class SoftToken:
    """A token in `folder`. SoftHSM reads its configuration once in a process: one for all tests of a worker."""

    def __init__(self, folder: Path) -> None:
        self.configuration = folder / "softhsm2.conf"
        self.pin_file = folder / "pin"
        (folder / "tokens").mkdir()
        self.configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
        self.pin_file.write_text("4711\n")
        self.pin_file.chmod(0o600)
        command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", "4711", "--so-pin", "08154711"]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that is to find the token."""
        return {**os.environ, "SOFTHSM2_CONF": str(self.configuration)}
