"""Signing an application: the next version, written down before it is handed out, and never by accident."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.binding.record import parse
from agent.canonical import encode
from provisioning import keys, signing
from provisioning.application.application import Application
from provisioning.errors import SigningError
from provisioning.registry import Writing, reading, writing
from provisioning.registry_check import faults
from tests.provisioning.merchant import KEY, application, entries, other_uscc

OTHER = {"uscc": other_uscc(), "mid": "898350154990002", "tid": "10000002"}


class Desk:
    """An acquirer's desk with a key and a registry."""

    def __init__(self, folder: Path) -> None:
        self.signer = keys.create(folder / "binding.key", keys.BINDING)
        self.file = folder / "registry"

    def sign(self, one: Application, **order: object) -> signing.Signed:
        with writing(self.file) as registry:
            return signing.sign(one, registry, self.signer, asked(**order))

    def close(self, serial: str, why: str = "returned") -> None:
        with writing(self.file) as registry:
            signing.close(serial, why, registry, self.signer, "desk")

    def told(self) -> list[tuple[str, int, int, int]]:
        """What the registry says: action, version, the version that ended, and switches; after it was proven."""
        registry = reading(self.file)
        assert list(faults(registry, {self.signer.id: self.signer.public_hex})) == []
        return [(one.entry.action, one.entry.version, one.entry.closes, one.entry.switches) for one in registry.entries]


def asked(**order: object) -> signing.Order:
    return signing.Order(**{"by": "desk", "valid_from": datetime.now(UTC), **order})  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_binding_says_what_was_applied_for(desk: Desk, tmp_path: Path) -> None:
    one = application()
    signed = desk.sign(one, days=30, valid_from=datetime(2026, 11, 26, 8, tzinfo=UTC))
    path = signing.hand_out(signed, tmp_path)
    binding = json.loads(path.read_bytes())
    found = parse(binding["document"])
    assert (found.serial, found.version, found.mid, found.tid) == ("JG-2026-0001", 1, "898350154990001", "10000001")
    assert (found.limit, found.currency, found.region, found.mcc) == (100_000, "156", "350102", "5499")
    assert found.fees == {"credit_basis_points": 60, "debit_basis_points": 50, "debit_cap": 2_000}
    assert (found.valid_from, found.valid_to) == ("2026-11-26T08:00:00Z", "2026-12-26T08:00:00Z")
    kept = KEY.keep(entries()["account"])
    assert (found.account_last4, found.account_hash) == (kept.last4, kept.hash)
    assert binding["signature"] == desk.signer.sign(binding["document"])
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_same_again_is_the_same_binding_and_a_renewal_the_next_version(desk: Desk) -> None:
    first = desk.sign(application())
    again = desk.sign(application())
    assert (again.repeated, again.entry) == (True, first.entry)
    assert desk.sign(application(), renew=True).entry.version == 2
    assert desk.sign(application(address="五四路2号")).entry.version == 3
    assert desk.told() == [("issued", 1, 0, 0), ("renewed", 2, 1, 0), ("renewed", 3, 2, 0)]


def test_another_merchant_is_a_change_with_a_reason_and_counts_as_a_switch(desk: Desk) -> None:
    desk.sign(application())
    for change in ({"uscc": OTHER["uscc"]}, {"mid": OTHER["mid"]}, {"tid": OTHER["tid"]}, OTHER):
        with pytest.raises(SigningError, match="say why: --change"):
            desk.sign(application(**change))
    assert desk.told() == [("issued", 1, 0, 0)]
    desk.sign(application(**OTHER), change="the shop was sold")
    # Back to the content before: a new version, and another switch.
    desk.sign(application(), change="the sale fell through")
    assert desk.told() == [("issued", 1, 0, 0), ("changed", 2, 1, 1), ("changed", 3, 2, 2)]
    assert reading(desk.file).entries[1].entry.why == "the shop was sold"


def test_numbers_of_another_terminal_are_refused_until_that_one_is_closed(desk: Desk) -> None:
    desk.sign(application())
    for why in ("", "no reason helps"):
        with pytest.raises(SigningError, match="tid: bound to terminal JG-2026-0001"):
            desk.sign(application(serial="JG-2026-0002"), change=why)
        with pytest.raises(SigningError, match="mid: bound to another merchant, 91350100M000100Y43"):
            desk.sign(application(serial="JG-2026-0002", tid="10000002", uscc=OTHER["uscc"]), change=why)
    desk.close("JG-2026-0001", "broken, replaced by JG-2026-0002")
    assert desk.sign(application(serial="JG-2026-0002")).entry.version == 1
    # The closed one may come back with its own numbers, if they are free.
    with pytest.raises(SigningError, match="bound to terminal JG-2026-0002"):
        desk.sign(application())
    desk.close("JG-2026-0002")
    assert desk.sign(application()).entry.version == 2
    with pytest.raises(SigningError, match="JG-2026-0002: no binding of it is in force"):
        desk.close("JG-2026-0002")
    assert [told[0] for told in desk.told()] == ["issued", "closed", "issued", "closed", "issued"]


def test_what_is_not_whole_is_not_signed(desk: Desk) -> None:
    with pytest.raises(SigningError, match="mid: not there yet"):
        desk.sign(application(mid="", tid=""))
    with pytest.raises(SigningError, match="uscc: not there yet"):
        desk.sign(application(uscc="", licence="110108000000016"))
    assert desk.told() == []


def test_two_of_one_signing_may_not_have_the_same(desk: Desk) -> None:
    with writing(desk.file) as registry:
        against = signing.objections(
            [
                application(),
                application(serial="JG-2026-0002"),
                application(serial="JG-2026-0003", tid="10000003", uscc=OTHER["uscc"]),
                application(serial="JG-2026-0004", tid="10000004"),
                application(tid="10000005"),
            ],
            registry,
            asked(),
        )
    assert against == [
        "JG-2026-0002: tid: 10000001 is that of JG-2026-0001 in the same signing",
        "JG-2026-0003: mid: 898350154990001 is that of JG-2026-0001 in the same signing",
        "JG-2026-0001: serial: JG-2026-0001 is that of JG-2026-0001 in the same signing",
    ]


def test_a_terminal_with_bindings_from_elsewhere_goes_on_above_them(desk: Desk) -> None:
    assert desk.sign(application(), least_version=8).entry.version == 8
    assert desk.sign(application(), renew=True, least_version=3).entry.version == 9


def test_what_a_terminal_would_refuse_is_not_written_down(desk: Desk) -> None:
    with pytest.raises(SigningError, match=r"JG-2026-0001: \$\.version"):
        desk.sign(application(), least_version=2**60)
    assert desk.told() == []


class Wrong:
    """A signer that gives another key's signatures away as its own."""

    def __init__(self, right: keys.SigningKey, other: keys.SigningKey) -> None:
        self.id, self.public_hex, self._other = right.id, right.public_hex, other

    def sign(self, document: object) -> str:
        """A signature that does not fit."""
        return self._other.sign(document)


def test_a_signature_that_does_not_prove_is_not_written_down(desk: Desk, tmp_path: Path) -> None:
    wrong = Wrong(desk.signer, keys.create(tmp_path / "other.key", keys.BINDING))
    registry: Writing
    with writing(desk.file) as registry, pytest.raises(Exception, match="not signed by the key"):
        signing.sign(application(), registry, wrong, asked())
    assert desk.told() == []
    assert encode({}) == b"{}"


def test_what_cannot_be_written_is_named_and_handed_out_later(desk: Desk, tmp_path: Path) -> None:
    signed = desk.sign(application())
    with pytest.raises(SigningError, match=r"JG-2026-0001\.binding\.json: cannot be written: No such file.*sign again"):
        signing.hand_out(signed, tmp_path / "gone")
    again = desk.sign(application())
    assert again.repeated
    assert json.loads(signing.hand_out(again, tmp_path).read_bytes()) == signed.entry.binding
