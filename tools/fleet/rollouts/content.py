"""What a roll-out gives its terminals: settings, bindings that are signed already, a release, or a command."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.binding.record import parse
from agent.command.types import INSTALL_CERTIFICATE, UPDATE
from agent.update.version import numbers
from provisioning.texts import _
from tools.contract.validator import check_args
from tools.fleet.errors import OrderError

SETTINGS = "settings"
BINDING = "binding"
RELEASE = "update"
COMMAND = "command"
KINDS = (SETTINGS, BINDING, RELEASE, COMMAND)
# What is ordered as a configuration; the others are commands.
CONFIGURED = (SETTINGS, BINDING)

_SIGNED = ["document", "key_id", "signature"]


@dataclass(frozen=True, slots=True)
class Content:
    """`given` is the settings by section, or `{"version": ...}`, or `{"type": ..., "args": {...}}`; {} for bindings.

    `bindings` are the signed bindings by the terminal for which each is.
    """

    kind: str
    given: dict[str, object]
    bindings: Mapping[str, dict[str, object]] = field(default_factory=dict)

    def check(self) -> None:
        """Raise OrderError, BindingError or BrokenContractError for what no terminal could take."""
        if self.kind not in KINDS:
            raise OrderError(_("roll-out: its kind is {kind!r}, not {kinds}").format(
                kind=self.kind, kinds=", ".join(KINDS)))  # fmt: skip
        {SETTINGS: self._check_settings, BINDING: self._check_bindings, RELEASE: self._check_release,
         COMMAND: self._check_command}[self.kind]()  # fmt: skip

    def _check_settings(self) -> None:
        if not self.given or not all(isinstance(keys, dict) and keys for keys in self.given.values()):
            raise OrderError(_("roll-out: settings are values by section and key, such as link.vitals_period_s"))

    def _check_bindings(self) -> None:
        if self.given or not self.bindings:
            raise OrderError(_("roll-out: a binding of its own for each terminal, and nothing else"))
        for terminal, signed in self.bindings.items():
            if sorted(signed) != _SIGNED:
                raise OrderError(_("{terminal}: no signed binding of document, key_id and signature").format(
                    terminal=terminal))  # fmt: skip
            serial = parse(signed["document"]).serial
            if serial != terminal:
                raise OrderError(_("{terminal}: the binding is for {serial}").format(terminal=terminal, serial=serial))

    def _check_release(self) -> None:
        if list(self.given) != ["version"] or numbers(self.given["version"]) is None:
            raise OrderError(_("roll-out: a release is named by its version, such as 0.2.0"))

    def _check_command(self) -> None:
        kind, args = self.given.get("type"), self.given.get("args")
        if sorted(self.given) != ["args", "type"] or not isinstance(args, dict) or not isinstance(kind, str):
            raise OrderError(_("roll-out: a command has a type and its arguments"))
        if kind in (UPDATE, INSTALL_CERTIFICATE):
            raise OrderError(_("roll-out: {type} is no command for many: roll out an update, or use `fleet renew`")
                             .format(type=kind))  # fmt: skip
        check_args(kind, args)

    @property
    def command(self) -> tuple[str, dict[str, object]]:
        """The type and the arguments of the command that it is ordered by; not for CONFIGURED."""
        if self.kind == RELEASE:
            return UPDATE, self.given
        args = self.given["args"]
        assert isinstance(args, dict)
        return str(self.given["type"]), args

    def document(self, own: str) -> dict[str, object]:
        """The configuration for a target whose own content is `own`; only for CONFIGURED."""
        return {BINDING: json.loads(own)} if self.kind == BINDING else {SETTINGS: self.given}

    def own(self, terminal: str) -> str:
        """What is stored with the target `terminal`: its binding, else ""."""
        return json.dumps(self.bindings[terminal]) if self.kind == BINDING else ""
