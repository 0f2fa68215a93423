"""The audit trail: it only grows, survives a power cut, and whatever was altered, cut, moved or forged is named."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.canonical import sha256_hex
from provisioning import chain, keys, trail
from provisioning.chain import GENESIS, Sealed
from provisioning.errors import KeyFileError, TrailError
from provisioning.trail_check import faults, technicians
from provisioning.trail_entry import Action, Deed, Entry, expect_fit, told

SERIAL = "JG-2026-0001"


def deed(**changes: Any) -> Deed:
    return Deed(**{"by": "王小明", "action": "installed", "serial": SERIAL, **changes})


def trail_of(entries: list[Sealed[Entry]]) -> bytes:
    return "".join(f"{one.line}\n" for one in entries).encode()


class Case:
    """A trail of five entries by two technicians, as bytes, and their keys; `there` is a file that examples write."""

    def __init__(self, folder: Path) -> None:
        self.wang = keys.create(folder / "wang.key", keys.TECHNICIAN)
        self.li = keys.create(folder / "li.key", keys.TECHNICIAN)
        self.thief = keys.create(folder / "thief.key", keys.TECHNICIAN)
        path = folder / "trail"
        for number, action in enumerate(("installed", "changed", "latch_cleared", "moved", "retired")):
            signer = self.li if number % 2 else self.wang
            trail.append(path, signer, deed(action=action, why="店铺转让", version=number, detail="-" * number))
        self.whole = path.read_bytes()
        self.lines = self.whole.splitlines(keepends=True)
        self.entries = trail.reading(path).entries
        self.known = {key.id: key.public_hex for key in (self.wang, self.li)}
        self.there = folder / "changed"

    def reading(self, content: bytes) -> trail.Trail:
        self.there.write_bytes(content)
        return trail.reading(self.there)

    def refused(self, content: bytes) -> str:
        with pytest.raises(TrailError) as refused:
            self.reading(content)
        assert str(refused.value).startswith(f"trail {self.there}: ")
        return str(refused.value)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("trail"))


def test_a_whole_trail_says_who_did_what(case: Case) -> None:
    found = case.reading(case.whole)
    assert [one.entry.deed.action for one in found.entries] == [
        "installed", "changed", "latch_cleared", "moved", "retired",
    ]  # fmt: skip
    assert (found.head, found.torn) == (found.entries[-1].digest, 0)
    assert [one.entry.key_id for one in found.entries] == [(case.wang.id, case.li.id)[n % 2] for n in range(5)]
    assert list(faults(found, case.known)) == list(faults(found)) == []
    assert case.reading(b"") == trail.Trail(case.there, [], 0)


@given(data=st.data())
def test_no_byte_of_it_can_be_altered(case: Case, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(case.whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != case.whole[at]))
    altered = case.whole[:at] + bytes([byte]) + case.whole[at + 1 :]
    if altered == case.whole[:-1] + b"\0":
        # As a power cut leaves it whose last block was not written; nothing is missing.
        assert case.reading(altered).entries == case.entries
    else:
        case.refused(altered)


@given(order=st.permutations(range(5)))
def test_entries_stand_in_one_order(case: Case, order: list[int]) -> None:
    content = b"".join(case.lines[place] for place in order)
    if order == sorted(order):
        assert case.reading(content).entries == case.entries
    else:
        assert "does not follow" in case.refused(content)


@given(left_out=st.sets(st.integers(0, 4), min_size=1))
def test_an_entry_that_was_left_out_is_missed(case: Case, left_out: set[int]) -> None:
    kept = [line for place, line in enumerate(case.lines) if place not in left_out]
    content = b"".join(kept)
    if content == b"".join(case.lines[: len(kept)]):
        # The end: it shows to who noted the head.
        assert case.entries[-1].digest not in {one.digest for one in case.reading(content).entries}
    else:
        assert "does not follow" in case.refused(content)


@given(place=st.integers(0, 5), doubled=st.integers(0, 4))
def test_an_entry_is_not_put_in_twice(case: Case, place: int, doubled: int) -> None:
    lines = [*case.lines[:place], case.lines[doubled], *case.lines[place:]]
    assert "does not follow" in case.refused(b"".join(lines))


@given(place=st.integers(0, 4), claim=st.booleans())
def test_whoever_has_another_key_puts_nothing_between(case: Case, place: int, claim: bool) -> None:
    before = case.entries[place - 1] if place else None
    forged = msgspec.structs.replace(case.entries[place].entry, deed=deed(by="mallory"))
    if not claim:
        forged = msgspec.structs.replace(forged, key_id=case.thief.id, public=case.thief.public_hex)
    sealed = chain.seal(forged, case.thief)
    assert sealed.entry.previous == (before.digest if before else GENESIS)
    for rest in (case.lines[place:], case.lines[place + 1 :]):
        content = b"".join([*case.lines[:place], f"{sealed.line}\n".encode(), *rest])
        if rest or claim:
            assert ("not signed by" if claim else "does not follow") in case.refused(content)
        else:
            # In the last one's place: whole, and of nobody's key.
            (said,) = faults(case.reading(content), case.known)
            assert f"{case.thief.id} is no key of a technician" in said


def test_a_key_that_takes_a_technicians_name_is_not_theirs(case: Case) -> None:
    named = keys.SigningKey(case.wang.id, case.thief.private)
    case.there.write_bytes(case.whole)
    trail.append(case.there, named, deed())
    (said,) = faults(trail.reading(case.there), case.known)
    assert said == f"entry 6 ({SERIAL} installed): {case.wang.id} is no key of a technician"


@settings(deadline=None)
@given(data=st.data())
def test_a_cut_takes_nothing_but_the_entry_that_was_being_written(case: Case, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(case.whole)))
    zeros = data.draw(st.sampled_from((0, 1, 700)))
    cut = case.whole[:at] + bytes(zeros)
    ended = case.whole[at : at + 1] == b"\n"
    whole = cut.count(b"\n") + ended
    found = case.reading(cut)
    assert found.entries == case.entries[:whole]
    assert found.torn == (zeros if ended else len(cut) - cut.rfind(b"\n") - 1)
    added = trail.append(case.there, case.wang, deed())
    assert trail.reading(case.there) == trail.Trail(case.there, [*case.entries[:whole], added], 0)


@pytest.mark.parametrize("end", [b"", b"\0", bytes(5000)], ids=["cut", "one zero", "zeros"])
@pytest.mark.parametrize("kept", [1, 5])
def test_an_entry_that_lost_its_line_feed_alone_stays(case: Case, kept: int, end: bytes) -> None:
    found = case.reading(b"".join(case.lines[:kept])[:-1] + end)
    assert (found.entries, found.torn) == (case.entries[:kept], len(end))
    added = trail.append(case.there, case.wang, deed())
    assert trail.reading(case.there) == trail.Trail(case.there, [*case.entries[:kept], added], 0)


@pytest.mark.parametrize("text", [" ", "x", "{"])
def test_an_entry_whose_line_feed_was_altered_is_not_taken_away(case: Case, text: str) -> None:
    content = case.whole[:-1] + text.encode()
    case.refused(content)
    with pytest.raises(TrailError, match="no beginning of an entry"):
        trail.append(case.there, case.wang, deed())
    assert case.there.read_bytes() == content


def test_an_entry_is_written_in_one_way_alone(case: Case) -> None:
    spaced = case.entries[0].text.replace(",", ", ", 1)
    signature = case.wang.private.sign(spaced.encode()).hex()
    other = Sealed(case.entries[0].entry, spaced, sha256_hex(spaced.encode()), signature)
    assert "entry 1: not in canonical form" in case.refused(trail_of([other]))


@pytest.mark.parametrize(
    "end",
    [b"something else", b"x" * 20_000, b'{"entry":{' + b"x" * 20_000],
    ids=["other text", "long", "longer than an entry"],
)
def test_an_end_that_no_cut_leaves_is_not_taken_away(case: Case, end: bytes) -> None:
    content = case.whole + end
    case.refused(content)
    with pytest.raises(TrailError):
        trail.append(case.there, case.wang, deed())
    assert case.there.read_bytes() == content


@pytest.mark.parametrize("change", [lambda line: line[:-2] + b"\n", lambda line: line.replace(b"retired", b"updated")])
def test_nothing_is_put_behind_an_entry_that_does_not_hold(case: Case, change: Callable[[bytes], bytes]) -> None:
    content = b"".join(case.lines[:-1]) + change(case.lines[-1])
    case.there.write_bytes(content)
    with pytest.raises(TrailError, match=r"the last entry: .*restore it from a copy"):
        trail.append(case.there, case.wang, deed())
    assert case.there.read_bytes() == content


HOSTILE = (b"{}\n", b"\n", b"[" * 10_000 + b"\n", b'{"entry":{"a":1},"hash":"' + b"0" * 64 + b'","signature":"' + b"0" * 128 + b'"}\n', b"\xff\xfe\n")  # noqa: E501  # fmt: skip


@pytest.mark.parametrize("line", HOSTILE)
def test_hostile_lines_are_refused(case: Case, line: bytes) -> None:
    assert "entry 1" in case.refused(line)
    assert "entry 3" in case.refused(b"".join(case.lines[:2]) + line + b"".join(case.lines[2:]))


@given(text=st.text(max_size=250))
def test_what_may_be_written_can_be_read(case: Case, text: str) -> None:
    case.there.unlink(missing_ok=True)
    said = deed(why=text, detail=told(text))
    try:
        expect_fit(said)
    except TrailError:
        assert len(text) > 200 or not text.isprintable()
        said = deed(detail=told(text))
    trail.append(case.there, case.wang, said)
    assert trail.reading(case.there).entries[0].entry.deed == said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"serial": "../x"}, "serial: '../x'"),
        ({"by": " "}, "by: nobody"),
        ({"why": "a\nb"}, "why: not one printable line"),
        ({"detail": "x" * 201}, "detail: not one printable line"),
        ({"batch": "\x1b[2J"}, "batch: not one printable line"),
        ({"why": "card 4111111111111111"}, "why: a card number"),
    ],
)
def test_what_no_trail_may_hold_is_refused(case: Case, changes: dict[str, Any], why: str) -> None:
    case.there.write_bytes(case.whole)
    with pytest.raises(TrailError, match=why) as refused:
        trail.append(case.there, case.wang, deed(**changes))
    assert "4111111111111111" not in str(refused.value)
    assert case.there.read_bytes() == case.whole


def test_what_a_program_said_is_masked_and_cut() -> None:
    assert told("a\x1bb 4111111111111111 " + "x" * 300).startswith("a\ufffdb 411111")
    assert "4111111111111111" not in told("4111111111111111")
    expect_fit(deed(detail=told("\ud800" + "x" * 300)))


def test_every_action_has_its_word(case: Case) -> None:
    case.there.unlink(missing_ok=True)
    actions = get_args(Action)
    for action in actions:
        trail.append(case.there, case.li, deed(action=action, outcome="failed", certificate="ab" * 32, batch="a.csv:3"))
    assert tuple(one.entry.deed.action for one in trail.reading(case.there).entries) == actions


def test_technicians_keys_sign_the_trail_and_no_other(case: Case, tmp_path: Path) -> None:
    binding = keys.create(tmp_path / "binding.key", keys.BINDING)
    with pytest.raises(KeyFileError, match="keys make technician"):
        trail.append(tmp_path / "trail", binding, deed())
    with pytest.raises(KeyFileError, match=f"key {binding.id}"):
        trail.load_technician(tmp_path / "binding.key")
    assert not (tmp_path / "trail").exists()
    keys.create(tmp_path / "own.key", keys.TECHNICIAN)
    trail.append(tmp_path / "trail", trail.load_technician(tmp_path / "own.key"), deed())
    assert stat.S_IMODE((tmp_path / "trail").stat().st_mode) & 0o644 == 0o644 & ~_umask()


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def test_files_that_name_technicians_are_read_line_by_line(case: Case, tmp_path: Path) -> None:
    def public(key: keys.SigningKey, role: str = "technician") -> str:
        return json.dumps({"id": key.id, "role": role, "public": key.public_hex}) + "\n"

    path = tmp_path / "technicians"
    path.write_text(public(case.wang) + "\n" + public(case.li))
    assert technicians(path) == case.known
    taken = keys.SigningKey(case.wang.id, case.thief.private)
    for content, why in (
        (public(case.wang, "binding"), "not what"),
        ((tmp_path.parent / "none").as_posix(), "not what"),
        (public(case.wang) + public(taken), "two keys of one id"),
    ):
        path.write_text(content)
        with pytest.raises(KeyFileError, match=why):
            technicians(path)
    with pytest.raises(KeyFileError, match="cannot be read"):
        technicians(tmp_path / "none")


def test_a_trail_that_is_not_there_is_not_empty(tmp_path: Path) -> None:
    with pytest.raises(TrailError, match="No such file"):
        trail.reading(tmp_path / "trail")
    with pytest.raises(TrailError, match="Is a directory"):
        trail.append(tmp_path, keys.create(tmp_path / "t.key", keys.TECHNICIAN), deed())


WRITER = """
import sys
from pathlib import Path
from provisioning import trail
from provisioning.trail_entry import Deed
folder, name = Path(sys.argv[1]), sys.argv[2]
key = trail.load_technician(folder / f"{name}.key")
for number in range(25):
    trail.append(folder / "trail", key, Deed(by=name, action="installed", serial=f"JG-{number:04}"))
"""


def test_two_technicians_at_once_lose_nothing(tmp_path: Path) -> None:
    for name in ("wang", "li"):
        keys.create(tmp_path / f"{name}.key", keys.TECHNICIAN)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, name], cwd=Path(__file__).parents[2])
        for name in ("wang", "li")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    deeds = [one.entry.deed for one in trail.reading(tmp_path / "trail").entries]
    for name in ("wang", "li"):
        assert [one.serial for one in deeds if one.by == name] == [f"JG-{number:04}" for number in range(25)]
    assert len(deeds) == 50
