"""`jumpguard keys`: keys are made, and the operator root signs one set after the other."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.keys.key_set import ACTIVE, RETIRED, REVOKED
from provisioning import key_set, keys
from tools.cli.keys import app


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


class Desk:
    """The operator's desk: keys made by the command line in `folder`, each with its public half beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root.key"
        run("make", "root", self.root)
        self.signer, self.backend = self.make("binding"), self.make("backend")
        self.first = folder / "keys-1.json"

    def make(self, role: str, name: str = "") -> Path:
        """A new key; returns the file of its public half."""
        status, output = run("make", role, self.folder / f"{name or role}.key")
        assert status == 0, output
        public = self.folder / f"{name or role}.pub"
        public.write_text(output)
        return public

    def sign(self, *arguments: object, root: Path | None = None) -> tuple[int, str]:
        return run("sign", "--root", root or self.root, *arguments)

    def sign_first(self) -> Path:
        status, output = self.sign(self.first, "--fleet", "demo", "--add", self.signer, "--add", self.backend)
        assert status == 0, output
        return self.first


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def id_of(public: Path) -> str:
    return str(json.loads(public.read_text())["id"])


def standings(path: Path) -> dict[str, str]:
    return {name: key.standing for (_, name), key in key_set.load(path)[1].keys.items()}


def test_make_prints_the_public_half_and_never_makes_a_key_over_another(desk: Desk) -> None:
    for role in ("root", "binding", "backend"):
        made = keys.load(desk.folder / f"{role}.key")
        status, output = run("make", role, desk.folder / f"other-{role}.key")
        assert (status, set(json.loads(output))) == (0, {"id", "role", "public"})
        assert json.loads(output)["role"] == role
        status, output = run("make", role, desk.folder / f"{role}.key")
        assert (status, "there already" in output) == (1, True)
        assert keys.load(desk.folder / f"{role}.key").id == made.id
    assert json.loads(desk.backend.read_text())["public"] == keys.load(desk.folder / "backend.key").public_hex


def test_a_first_set_and_those_that_follow_it(desk: Desk) -> None:
    first = desk.sign_first()
    second, third = desk.folder / "keys-2.json", desk.folder / "keys-3.json"
    follower = desk.make("backend", "backend-2")
    status, output = desk.sign(second, "--after", first, "--add", follower)
    assert (status, "version 2" in output) == (0, True)
    assert set(standings(second).values()) == {ACTIVE}
    status, output = desk.sign(
        third, "--after", second, "--retire", id_of(desk.backend), "--revoke", id_of(desk.signer)
    )
    assert status == 0, output
    assert standings(third) == {id_of(desk.signer): REVOKED, id_of(desk.backend): RETIRED, id_of(follower): ACTIVE}
    assert key_set.load(third)[1].version == 3
    assert oct(first.stat().st_mode & 0o777) == "0o600"
    status, output = run("show", third)
    assert [line.split() for line in output.splitlines()] == [
        ["version", "3", "role", "standing"],
        [id_of(desk.signer), "binding", "revoked"],
        [id_of(desk.backend), "backend", "retired"],
        [id_of(follower), "backend", "active"],
    ]
    assert "private" not in third.read_text()


def test_a_set_is_not_signed_where_that_makes_no_sense(desk: Desk) -> None:
    first, out = desk.sign_first(), desk.folder / "out.json"
    other_root = desk.folder / "other.key"
    run("make", "root", other_root)
    revoked = desk.folder / "revoked.json"
    assert desk.sign(revoked, "--after", first, "--revoke", id_of(desk.signer))[0] == 0
    for arguments, why in (
        (["--after", first, "--add", desk.backend], "has it already"),
        (["--after", first, "--retire", "backend-00000000"], "has none of that id"),
        (["--after", revoked, "--retire", id_of(desk.signer)], "it is revoked, and stays so"),
        (["--after", revoked, "--add", desk.signer], "has it already"),
        (["--after", first, "--add", desk.folder / "backend.key"], "not the public half"),
        (["--after", desk.backend], "no document with a signature"),
        (["--after", desk.folder / "none.json"], "cannot be read"),
        (["--fleet", "demo"], "not 1 to 100 keys"),
    ):
        status, output = desk.sign(out, *arguments)
        assert (status, why in output, out.exists()) == (1, True, False), output
    status, output = desk.sign(out, "--after", first, root=other_root)
    assert (status, "use the root that signed it" in output) == (1, True)
    for arguments in ([], ["--fleet", "demo", "--after", first], ["--fleet", "demo", "--retire", "x"]):
        assert desk.sign(out, *arguments)[0] == 2
    assert desk.sign(out, "--fleet", "no fleet", "--add", desk.signer)[0] == 2
    before = first.read_bytes()
    assert desk.sign(first, "--after", first)[0] == 1, "a set is not written over another"
    assert first.read_bytes() == before


def test_the_public_half_of_a_root_is_none_that_a_set_takes(desk: Desk) -> None:
    _, output = run("make", "root", desk.folder / "second.key")
    (desk.folder / "root.pub").write_text(output)
    status, output = desk.sign(desk.first, "--fleet", "demo", "--add", desk.folder / "root.pub")
    assert (status, "not the public half" in output) == (1, True)
