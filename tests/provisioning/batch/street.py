"""A street of shops: a desk with many blank terminals, a table of them, and the command that installs them."""

import csv
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from provisioning.batch.outcome import Outcome
from provisioning.batch.record import recording
from tools.rig.practice import Practice, serial


class Street:
    """The terminals of `practice`, which are switched on when somebody logs in, and a table of those `numbers`."""

    def __init__(self, practice: Practice, folder: Path, numbers: Iterable[int]) -> None:
        assert practice.sshd is not None
        self.practice = practice
        self.folder = folder
        self.table = folder / "terminals.csv"
        self.rows = [self.row(number) for number in numbers]
        self.write(self.rows)

    def row(self, number: int, **changes: str) -> dict[str, str]:
        """The row of the terminal of that number, from 1."""
        sshd = self.practice.sshd
        assert sshd is not None
        return {
            "serial": serial(number),
            "host": f"127.0.0.1:{sshd.port}",
            "user": sshd.address.partition("@")[0],
            "identity": str(sshd.identity),
            "host_key": sshd.fingerprint,
            "root": str(self.practice.terminal(number).root),
            # Whichever is free: all of them are on this machine.
            "api.port": "0",
            **changes,
        }

    def write(self, rows: Iterable[Mapping[str, str]], encoding: str = "utf-8") -> None:
        """Write the table anew."""
        rows = list(rows)
        names = list(dict.fromkeys(name for row in rows for name in row))
        with self.table.open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)

    def outcomes(self) -> dict[str, Outcome]:
        """What became of each terminal, by serial."""
        with recording(self.table.with_name("terminals.csv.batch")) as record:
            return dict(record.outcomes)

    def command(self, *options: str) -> list[str]:
        """What installs the table."""
        program = str(Path(sys.executable).with_name("jumpguard"))
        return [program, "provision", "batch", str(self.table), "--desk", str(self.practice.desk_file), *options]

    def run(self, *options: str) -> "subprocess.CompletedProcess[str]":
        """Install the table."""
        return subprocess.run(self.command(*options), capture_output=True, text=True, check=False)
