"""Whatever a made-up terminal says keeps the contract, to the last field."""

import json
from collections import Counter
from collections.abc import Iterable

import pytest

from agent.canonical import encode
from agent.command.order import FORMAT as COMMAND
from agent.config.desired import FORMAT as CONFIG
from agent.errors import RefusedMessageError
from agent.report.topics import EVENT, INFO, STATE, VITALS, Topics
from provisioning import keys
from tests.contract.fields import told
from tools.contract.document import SEND
from tools.contract.validator import validate
from tools.fleet.contract import parse
from tools.fleet.load import stories, vitals
from tools.fleet.load.clocks import Clock, Kind
from tools.fleet.load.machine import Machine
from tools.fleet.load.orders import KNOWN, REPORTED, Orders
from tools.fleet.load.outgoing import Outgoing
from tools.fleet.load.sales import JUMPED_FIELDS
from tools.fleet.load.steps import Step
from tools.fleet.load.trust import BackendKeys
from tools.fleet.load.who import chance, terminals
from tools.rig.files import FLEET, binding_document

WHO = terminals(1, seed=1)[0]
TOPICS = Topics(FLEET, WHO.serial)
FIELDS = ("acquirer", "mid", "tid", "name", "currency")
ENOUGH = 4
HAPPENS = {
    "journal.created", "terminal.started", "terminal.stopped", "lifecycle.changed", "acquirer.signing_on",
    "acquirer.signed_on", "acquirer.sign_on_failed", "answer.ignored", "jump.detected", "gate.refused", "sale.failed",
    "sale.authorising", "sale.answered", "sale.unknown", "sale.finished", "reversal.queued", "reversal.repeated",
    "binding.taken_up", "reversal.settled", "reversal.unresolved", "help.wanted", "reader.failed", "task.failed",
    "vitals.raised", "vitals.cleared",
}  # fmt: skip


def keeps(name: str, payload: bytes) -> None:
    """The message keeps the contract, has no field beyond it, and the backend takes it."""
    found = validate(TOPICS.of(name), payload, SEND)
    _, beyond = told(found.message.schema, found.payload)
    assert not beyond, f"{name}: {beyond}"
    parse(TOPICS.of(name), payload, FLEET)


def said(machine: Machine, outgoing: Outgoing, steps: Iterable[Step]) -> list[str]:
    """Hold what `steps` say against the contract, and have them change the machine; the kinds of their entries."""
    kinds = []
    for step in steps:
        if step.record is not None:
            written = outgoing.write(step.record, machine.clock.stamp(machine.boot_id), 0.0, True)
            keeps(EVENT, written.payload)
            machine.note(step.record)
            kinds.append(step.record.kind)
        if step.saying is not None:
            keeps(step.saying.name, step.saying.payload)
    return kinds


@pytest.fixture
def machine() -> Machine:
    return Machine(WHO, seed=1)


@pytest.fixture
def outgoing() -> Outgoing:
    return Outgoing(TOPICS.source, 100)


def test_everything_that_happens_keeps_the_contract_and_jumps_of_each_kind_are_among_it(
    machine: Machine, outgoing: Outgoing
) -> None:
    seen, jumps = Counter(said(machine, outgoing, machine.story)), set[tuple[str, tuple[str, ...]]]()
    for _ in range(8_000):
        story = stories.next_of(machine.scene())
        new = _jumps(story) - jumps
        jumps |= new
        records = [step.record for step in story if step.record is not None]
        if new or any(seen[record.kind] < ENOUGH for record in records):  # holding one takes milliseconds
            seen.update(said(machine, outgoing, story))
        for record in records:
            machine.note(record)
    assert set(seen) == HAPPENS
    at_sign_on = {("sign_on", fields) for fields in JUMPED_FIELDS if fields != ("name",)}
    assert jumps == at_sign_on | {("answer", fields) for fields in JUMPED_FIELDS}


def _jumps(story: Iterable[Step]) -> set[tuple[str, tuple[str, ...]]]:
    bodies = [step.record.body for step in story if step.record is not None and step.record.kind == "jump.detected"]
    return {(str(body["stage"]), tuple(field for field in FIELDS if field in body["observed"])) for body in bodies}  # type: ignore[operator]


@pytest.mark.parametrize("kind", Kind)
def test_each_clock_says_its_own_time_and_keeps_the_contract(machine: Machine, outgoing: Outgoing, kind: Kind) -> None:
    machine.clock = Clock(kind)
    said(machine, outgoing, machine.story)
    entry = json.loads(outgoing.due()[-1].payload)["data"]
    years = {Kind.PAST: "1970", Kind.FUTURE: "2099"}
    assert entry["clock"] == ("unsynced" if kind in (Kind.UNSET, Kind.PAST) else "synced")
    assert entry["time"][:4] == years.get(kind, machine.clock.now().strftime("%Y"))


def test_state_info_and_vitals_keep_the_contract(machine: Machine, outgoing: Outgoing) -> None:
    for word in ("online", "offline", "lost"):
        keeps(STATE, machine.state(word, 3, outgoing.journal_id))
    keeps(INFO, machine.info())
    for alarms in ([], ["TEMPERATURE_HIGH", "UNDERVOLTAGE"]):
        now = vitals.Now(machine.clock, machine.boot_id, "active", alarms, 3, 4, 12, 1, "approved", "00")
        keeps(VITALS, vitals.readings(now, chance(1)))


@pytest.mark.parametrize("kind", [*KNOWN, "renew_certificate"])
def test_commands_are_answered_to_their_end_and_a_repeated_one_by_its_last_word(
    machine: Machine, outgoing: Outgoing, key: keys.SigningKey, kind: str
) -> None:
    orders = Orders(TOPICS, BackendKeys(key))
    args = {"lock": {"reason": "x"}, "unlock": {"reason": "x"}, "update": {"version": "0.3.0"}}.get(kind, {})
    machine.lifecycle = "active"
    payload = signed(key, COMMAND, type=kind, id="c1", counter=7, issued=AT, deadline=LATER, args=args)
    story = orders.command(f"cmd/{kind}/c1", payload, machine.scene())
    seen = said(machine, outgoing, story)
    assert (seen[0], seen[-1]) == ("command.accepted", "command.ended")
    states = [json.loads(step.saying.payload)["state"] for step in story if step.saying]
    assert states[:2] == ["accepted", "running"]
    assert states[-1] == ("succeeded" if kind in KNOWN else "failed")
    assert orders.command(f"cmd/{kind}/c1", payload, machine.scene()) == [Step(0.0, saying=story[-1].saying)]
    assert (machine.lifecycle, machine.software) == {
        "lock": ("locked", WHO.software),
        "update": ("active", "0.3.0"),
    }.get(kind, ("active", WHO.software))


def test_a_configuration_is_pending_then_on_trial_then_committed_and_an_older_one_is_nothing(
    machine: Machine, outgoing: Outgoing, key: keys.SigningKey
) -> None:
    orders = Orders(TOPICS, BackendKeys(key))
    keeps(REPORTED, orders.reported.payload)
    binding = {"document": binding_document(version=4), "key_id": "binding-1", "signature": "00" * 64}
    document = {"binding": binding, "settings": {"link": {"vitals_period_s": 30}}}
    payload = signed(key, CONFIG, version=9, issued=AT, document=document)
    seen = said(machine, outgoing, orders.configuration(payload, chance(1)))
    assert seen == ["config.pending", "config.trial", "config.committed"]
    report = json.loads(orders.reported.payload)
    assert (report["version"], report["state"], report["binding_version"]) == (9, "committed", 4)
    assert orders.configuration(payload, chance(1)) == []
    ends = [
        orders.configuration(signed(key, CONFIG, version=n, issued=AT, document={}), chance(n)) for n in range(10, 90)
    ]
    assert {record.kind for end in ends for record in [end[-1].record] if record} == {
        "config.committed",
        "config.rejected",
    }
    for end in ends:
        said(machine, outgoing, end)


def test_what_another_key_signed_is_refused(machine: Machine, key: keys.SigningKey, other: keys.SigningKey) -> None:
    orders = Orders(TOPICS, BackendKeys(key))
    payload = signed(other, COMMAND, type="ping", id="c1", counter=7, issued=AT, deadline=LATER, args={})
    with pytest.raises(RefusedMessageError, match="not signed by a backend key"):
        orders.command("cmd/ping/c1", payload, machine.scene())
    forged = json.loads(signed(key, COMMAND, type="ping", id="c1", counter=7, issued=AT, deadline=LATER, args={}))
    with pytest.raises(RefusedMessageError, match="not signed by a backend key"):
        orders.command("cmd/ping/c1", json.dumps(forged | {"counter": 8}).encode(), machine.scene())


def test_the_same_seed_makes_the_same_things_happen() -> None:
    def told_by(seed: int) -> list[bytes]:
        machine = Machine(terminals(5, seed)[4], seed)
        for _ in range(30):
            machine.go_on()
        return [
            encode(step.record.body) for step in machine.story if step.record and step.record.kind != "sale.authorising"
        ]

    assert told_by(1) == told_by(1) != told_by(2)


AT, LATER = "2026-11-26T10:00:00Z", "2026-11-26T11:00:00Z"


def signed(key: keys.SigningKey, form: str, **content: object) -> bytes:
    """A message to the terminal, as the backend signs it."""
    document = {"format": form, "fleet": FLEET, "terminal": WHO.serial, "key_id": key.id, **content}
    return encode({**document, "signature": key.sign(document)})
