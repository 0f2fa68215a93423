from pathlib import Path

import pytest

from tests.tools.acquirer.till import NAMED, NAMELESS, terminals_toml
from tools.acquirer.terminals import Terminals
from tools.errors import TerminalsFileError

GOOD = terminals_toml(NAMED, NAMELESS)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "terminals.toml"
    path.write_text(text)
    return path


def test_terminals_are_read_by_tid(tmp_path: Path) -> None:
    terminals = Terminals.load(written(tmp_path, GOOD))
    assert terminals.acquirer == "898"
    assert (terminals.by_tid["10000001"].mid, terminals.by_tid["10000001"].name) == (NAMED.mid, NAMED.name)
    assert NAMED.tmk not in repr(terminals.by_tid["10000001"])


WRONG = [
    (GOOD.replace('acquirer = "898"', 'acquirer = "ICBC"'), "acquirer"),
    (GOOD.replace('acquirer = "898"', ""), "acquirer"),
    ('acquirer = "898"\nterminals = []', "terminals"),
    (GOOD.replace(NAMED.mid, NAMED.mid[:-1]), "mid"),
    (GOOD.replace(NAMED.tid, "1000000"), "tid"),
    (GOOD.replace(NAMED.tid, NAMELESS.tid), "twice"),
    (GOOD.replace(NAMED.name, "x" * 41), "DE 43"),
    (GOOD.replace(NAMED.name, "ไทย"), "DE 43"),
    (GOOD.replace("tmk =", "key ="), "key"),
    (GOOD.replace(NAMED.tmk, NAMED.tmk[:16]), "tmk"),
    (GOOD + "\nnonsense", "terminals.toml"),
]


@pytest.mark.parametrize(("text", "named"), WRONG)
def test_a_wrong_file_is_refused_by_name_without_showing_a_key(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(TerminalsFileError) as caught:
        Terminals.load(written(tmp_path, text))
    assert named in str(caught.value) and "terminals.toml" in str(caught.value)
    assert NAMED.tmk[:16] not in str(caught.value)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TerminalsFileError, match=r"none\.toml"):
        Terminals.load(tmp_path / "none.toml")
