"""The backend's key file: made once, for its owner only."""

import json
from pathlib import Path

import pytest

from tools.fleet.errors import KeyFileError
from tools.fleet.key import create_key, load_key


def test_a_key_is_read_as_it_was_made(tmp_path: Path) -> None:
    made = create_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    loaded = load_key(tmp_path / "key")
    assert (loaded.id, loaded.public_hex) == (made.id, made.public_hex)
    assert json.loads((tmp_path / "key").read_text()).keys() == {"id", "private"}


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    create_key(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(KeyFileError, match="there already"):
        create_key(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    create_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(KeyFileError, match="others may read it"):
        load_key(tmp_path / "key")


@pytest.mark.parametrize(
    "content",
    ["", "{}", '{"id":"a","private":"ab"}', '{"id":"a","private":"zz"}', '{"id":1,"private":"%s"}' % ("a" * 64)],
)
def test_a_file_that_is_no_key_is_refused_without_quoting_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="not a key") as refusal:
        load_key(path)
    assert refusal.value.__suppress_context__


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="missing"):
        load_key(tmp_path / "missing")
