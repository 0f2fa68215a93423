"""From a blank terminal to a first verified sale: on this machine, over SSH, and with a person who looks."""

import asyncio
import json
from pathlib import Path

import pytest

from board.settings.file import load
from provisioning.errors import InstallError
from provisioning.install.over_ssh import Address, OverSsh, address
from provisioning.install.steps import CLOSE_CASE, LIGHTS_SEEN, OPEN_CASE, RIGHT_TERMINAL, STEPS, TAP_CARD
from tests.provisioning.install.counter import CARD, Counter
from tools.rig.files import MID, NAME


class Technician:
    """A person at the terminal, who does what is asked; `seen` is what they say of the lights, `right` of the label."""

    def __init__(self, counter: Counter, seen: bool = True, right: bool = True) -> None:
        self.right = right
        self.board = counter.terminal.board
        self.seen = seen
        self.asked: list[str] = []

    async def says_yes(self, question: str, **facts: str) -> bool:
        self.asked.append(question)
        if question == RIGHT_TERMINAL:
            return self.right
        sounds = [one for one in self.board.history() if one["what"] == "pwm"]
        assert sounds, "nothing sounded"
        return self.seen

    async def told(self, what: str, **facts: str) -> None:
        self.asked.append(what)
        if what == OPEN_CASE:
            self.board.tamper("open")
        elif what == CLOSE_CASE:
            self.board.tamper("closed")
        elif what == TAP_CARD:
            assert facts["amount"] == "0.01"
            self.board.tap(CARD)


async def test_a_blank_terminal_is_installed_and_sells_for_its_merchant(counter: Counter) -> None:
    person = Technician(counter)
    installation = counter.installation(person=person, sale=True, by_person=True)
    told = await counter.run(installation)
    done = installation.installed
    assert done is not None
    assert [one.step for one in told if one.state == "done"] == list(STEPS)
    assert person.asked == [LIGHTS_SEEN, OPEN_CASE, CLOSE_CASE, TAP_CARD]
    facts = done.facts
    assert facts.sale is not None
    assert (facts.sale.amount, done.receipt["mid"], done.receipt["merchant"]) == (1, MID, NAME)
    assert {check.level for check in facts.checks} == {"ok"}
    charges = [row for row in counter.practice.rig.acquirer.ledger() if row["tid"] == facts.bound.tid]
    assert [(row["amount"], row["mid"], row["state"]) for row in charges] == [(1, MID, "approved")]

    assert counter.is_installed() and facts.acknowledged
    heard = installation.desk.heard(facts.bound.serial)
    assert heard is not None and heard.journals[facts.journal_id][0] >= done.sequence
    assert json.loads(heard.vitals)["binding_version"] == 1

    places = counter.places
    secrets = {path.name: path.stat().st_mode & 0o777 for path in places.settings_dir.iterdir()}
    assert secrets == {
        "terminal.toml": 0o640, "keys.json": 0o640, "servers.crt": 0o640, "terminal.crt": 0o640,
        "terminal.key": 0o600, "terminal.tmk": 0o600, "till.token": 0o600,
    }  # fmt: skip
    settings = load(places.settings)
    assert (settings.terminal.serial, settings.api.port) == (facts.bound.serial, counter.port)
    master_key, token = places.master_key.read_text(), places.token.read_text()
    logs = b"".join(path.read_bytes() for path in (places.root / "run/log").iterdir())
    shown = repr([told, done]) + logs.decode()
    assert master_key not in shown and token not in shown

    failure = await counter.fails(counter.installation())
    assert (failure.step, failure.code, failure.terminal) == ("terminal", "PROVISIONED", "untouched")
    assert f"{facts.bound.serial}, {NAME}, {MID}" in failure.text()
    assert counter.is_installed()


async def test_a_terminal_is_installed_over_ssh_once_its_host_key_is_known(counter: Counter, tmp_path: Path) -> None:
    sshd = counter.practice.sshd
    assert sshd is not None
    where, known = address(sshd.address), tmp_path / "known_hosts"
    reach = OverSsh(where, counter.terminal.root, [sshd.identity], known)
    failure = await counter.fails(counter.installation(reach))
    assert (failure.step, failure.code, failure.detail) == ("terminal", "HOST_KEY_UNKNOWN", sshd.fingerprint)

    assert await reach.unknown_host_key() == sshd.fingerprint
    with pytest.raises(InstallError) as refused:
        reach.trust("SHA256:of-another-machine")
    assert (refused.value.code, known.exists()) == ("HOST_KEY_OTHER", False)
    reach.trust(sshd.fingerprint)
    assert await reach.unknown_host_key() == ""

    stranger = tmp_path / "stranger"
    await _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(stranger))
    failure = await counter.fails(counter.installation(OverSsh(where, counter.terminal.root, [stranger], known)))
    assert (failure.code, failure.terminal) == ("LOGIN", "untouched")

    assert await counter.run(counter.installation(reach))
    assert counter.is_installed()

    other = tmp_path / "other_hosts"
    other.write_text(f"[{where.host}]:{where.port} {stranger.with_suffix('.pub').read_text()}")
    failure = await counter.fails(counter.installation(OverSsh(where, counter.terminal.root, [sshd.identity], other)))
    assert failure.code == "HOST_KEY_CHANGED"


async def test_a_machine_without_the_package_is_named_over_ssh(counter: Counter, tmp_path: Path) -> None:
    sshd = counter.practice.sshd
    assert sshd is not None
    reach = OverSsh(address(sshd.address), tmp_path, [sshd.identity], host_key=sshd.fingerprint)
    failure = await counter.fails(counter.installation(reach))
    assert (failure.step, failure.code, failure.terminal) == ("terminal", "NO_SOFTWARE", "untouched")
    assert "usr/lib/jumpguard/bin/python" in failure.detail


async def test_nobody_at_the_address_is_named() -> None:
    with pytest.raises(InstallError) as refused:
        await OverSsh(Address("127.0.0.1", 9)).unknown_host_key()
    assert refused.value.code == "UNREACHABLE"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("pi.local", Address("pi.local")),
        ("pi@10.0.0.7:2222", Address("10.0.0.7", 2222, "pi")),
        ("pi@[fe80::1]:22", Address("fe80::1", 22, "pi")),
        ("fe80::1", Address("fe80::1")),
    ],
)
def test_an_address_is_understood(text: str, meant: Address) -> None:
    assert address(text) == meant


@pytest.mark.parametrize("text", ["", "pi@", "host:", "host:0", "host:65536", "host:ssh", "-oProxyCommand=sh", "pi@-x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InstallError) as refused:
        address(text)
    assert refused.value.code == "ADDRESS"


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0
