"""One terminal of a batch, proven: what is installed on it, and how it is reached."""

from dataclasses import dataclass, field
from pathlib import Path

from agent.binding.record import Binding
from agent.canonical import sha256_hex
from provisioning.install.over_ssh import Address
from provisioning.install.proof import SignedBinding
from provisioning.install.terminal_settings import Sections


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Row `number` of the table: the terminal at `address`, which gets the binding `signed` and its own `settings`.

    `identity` is the SSH key for it and `host_key` its host key's fingerprint, where they are its own; `texts` are the
    row's entries as they were made plain.
    """

    number: int
    address: Address
    identity: Path | None
    host_key: str
    root: Path
    signed: SignedBinding
    binding: Binding
    settings: Sections = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def serial(self) -> str:
        """The terminal's serial, by which the batch's record knows it."""
        return self.binding.serial

    @property
    def note(self) -> str:
        """What the table says of it for people."""
        return self.texts.get("note", "")

    @property
    def content(self) -> dict[str, str]:
        """What counts of it when the table is another one at the next run, by the names of the columns."""
        digest = sha256_hex(self.binding.canonical())[:16]
        apart = {name: text for name, text in self.texts.items() if name not in ("binding", "application", "serial")}
        return {**apart, "binding": f"{self.binding.version} {digest}"}
