"""The arrows of the packages: the project obeys them, and each rule catches what is planted against it."""

from pathlib import Path

import pytest

from tests.structure.arrows import LAYERS, STANDS_APART, import_graph, problems
from tests.structure.places import ROOT


def test_the_project_imports_only_along_its_arrows() -> None:
    graph = import_graph(ROOT)
    assert {module.partition(".")[0] for module in graph} == set(LAYERS)
    assert set(STANDS_APART) <= set(graph)
    assert "agent.errors" in graph["agent.canonical"]
    assert problems(graph) == []


ACCEPTED = {
    "agent/errors.py": "import json",
    "agent/card/tlv.py": "from agent import errors",
    "agent/adapters/link.py": "from agent.card.tlv import parse\nfrom agent.adapters import store\nimport iso8583",
    "agent/adapters/store.py": "",
    "board/pins.py": "from agent.errors import Any",
    "board/main/__init__.py": "from board.main.parts import Parts",
    "board/main/parts.py": "from agent.adapters import link\nfrom board import pins",
    "board/virtual/chip.py": "import struct\nfrom board.virtual.card import answer",
    "board/virtual/card.py": "",
    "provisioning/apply.py": "import board.pins\nfrom agent.card import tlv",
    "tools/errors.py": "",
    "tools/acquirer/server.py": "import cryptography\nfrom tools.errors import Any",
    "tools/cli/app.py": "def main():\n    from tools.cli import sale\n    import provisioning.apply",
    "tools/cli/sale.py": "import agent.card.tlv, board.pins, tools.errors",
}


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("agent/errors.py", "import board.pins", "agent.errors:1: imports board.pins, but board is built on agent"),
        (
            "agent/adapters/store.py",
            "import tools",
            "agent.adapters.store:1: imports tools, but tools is built on agent",
        ),
        (
            "board/pins.py",
            "from provisioning import apply",
            "board.pins:1: imports provisioning.apply, but provisioning",
        ),
        ("provisioning/apply.py", "import tools.errors", "provisioning.apply:1: imports tools.errors, but tools is"),
        (
            "board/pins.py",
            "import tests.structure",
            "board.pins:1: imports tests.structure, but tests is built on board",
        ),
        ("board/pins.py", "def f():\n    import tools.errors", "board.pins:2: imports tools.errors, but tools"),
        (
            "board/pins.py",
            "if TYPE_CHECKING:\n    from tools import errors",
            "board.pins:2: imports tools.errors, but tools",
        ),
        (
            "board/pins.py",
            "import importlib\nimportlib.import_module('tools.errors')",
            "board.pins:2: imports tools.errors, but tools",
        ),
        ("agent/errors.py", "from ..tools import x", "agent.errors:1: imports"),
        (
            "board/pins.py",
            "import agent.adapters.link",
            "board.pins:1: imports agent.adapters.link, but only board.main",
        ),
        (
            "board/__main__.py",
            "def f():\n    from agent.adapters import link",
            "board.__main__:2: imports agent.adapters.link, but only board.main",
        ),
        (
            "agent/errors.py",
            "from agent.adapters import store",
            "agent.errors:1: imports agent.adapters.store, but only",
        ),
        (
            "agent/card/tlv.py",
            "import agent.adapters",
            "agent.card.tlv:1: imports agent.adapters, but only board.main",
        ),
        (
            "tools/cli/sale.py",
            "from agent.adapters.link import Any",
            "tools.cli.sale:1: imports agent.adapters.link, but",
        ),
        ("board/virtual/card.py", "from agent.card.tlv import parse", "board.virtual.card:1: reaches agent.card.tlv"),
        ("board/virtual/card.py", "from board import pins", "board.virtual.card -> board.pins -> agent.errors"),
        ("board/virtual/card.py", "import nfc.clf", "board.virtual.card:1: reaches nfc.clf, which it must not share"),
        ("tools/acquirer/server.py", "import agent", "tools.acquirer.server:1: reaches agent, which it must not share"),
        ("tools/acquirer/server.py", "import iso8583", "tools.acquirer.server:1: reaches iso8583"),
        (
            "tools/acquirer/server.py",
            "from tools.cli import sale",
            "tools.acquirer.server -> tools.cli.sale -> agent.card.tlv",
        ),
        ("agent/errors.py", "import agent.card.tlv", "circle: agent.card.tlv -> agent.errors -> agent.card.tlv"),
        ("agent/errors.py", "def f():\n    from agent.card import tlv", "circle: agent.card.tlv -> agent.errors"),
        ("agent/adapters/store.py", "from . import link", "circle: agent.adapters.link -> agent.adapters.store ->"),
        (
            "tools/errors.py",
            "import tools.cli.app",
            "circle: tools.cli.app -> tools.cli.sale -> tools.errors -> tools.cli.app",
        ),
    ],
)
def test_a_planted_arrow_is_named(file: str, source: str, complaint: str, tmp_path: Path) -> None:
    plant(tmp_path, ACCEPTED)
    assert problems(import_graph(tmp_path)) == []
    plant(tmp_path, {file: source})
    found = problems(import_graph(tmp_path))
    assert any(complaint in problem for problem in found), found


def plant(root: Path, files: dict[str, str]) -> None:
    """Write a small project of modules."""
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
