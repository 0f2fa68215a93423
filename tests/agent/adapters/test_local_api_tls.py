"""A terminal that is opened to the shop's network: TLS, and the names by which tills may call it, on a real counter."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from provisioning.errors import TillError
from provisioning.till import Till
from tests.agent.adapters.authority import Authority
from tests.agent.adapters.paying import paying
from tests.agent.adapters.test_local_api import DIAGNOSIS
from tests.conftest import wait_until_prepared
from tools.cli.app import app
from tools.rig.files import MID
from tools.rig.rig import Rig

# 127.0.0.5 as inet_aton(3) reads it: like a wildcard, it does not say to which address a till will connect.
HOST, ADDRESS = "127.5", "127.0.0.5"


@pytest.fixture(scope="module")
def tls_rig() -> Iterator[Rig]:
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    pair = Authority(directory).issue("terminal", ADDRESS)
    with Rig(directory) as rig:
        wait_until_prepared(rig)
        rig.agent.stop()
        files = {"certificate_file": str(pair.certificate), "key_file": str(pair.key)}
        rig.write_settings(api={"host": HOST, "names": ["Till-Desk.example"], **files})
        before = rig.journal()[-1].sequence
        rig.start_agent()
        rig.wait_until(lambda: any(each.kind == "acquirer.signed_on" for each in rig.journal(before)), "the sign-on")
        yield rig
    shutil.rmtree(directory)


@pytest.fixture
def till(tls_rig: Rig) -> Till:
    return Till(tls_rig.agent.ready["api"], tls_rig.files.token, ca=tls_rig.directory / "ca.pem")


def typed(rig: Rig, *words: str, **environment: str) -> Result:
    options = ["--api", rig.agent.ready["api"], "--token-file", str(rig.files.token_file)]
    return CliRunner().invoke(app, [words[0], *options, *words[1:]], env={"LANG": "C", **environment})


def test_a_clerk_sells_over_tls(tls_rig: Rig) -> None:
    ca = str(tls_rig.directory / "ca.pem")
    assert tls_rig.agent.ready["api"].startswith(f"{ADDRESS}:")
    tls_rig.board.tap("unionpay")
    sold = typed(tls_rig, "sale", "12.50", "--ca", ca, "--id", "tls-1")
    assert sold.exit_code == 0 and MID in sold.output, sold.output
    assert typed(tls_rig, "last", JUMPGUARD_CA=ca).output == sold.output
    assert typed(tls_rig, "status", "tls-1", "--ca", ca).exit_code == 0
    assert typed(tls_rig, "abort", "--ca", ca).exit_code == 1
    tls_rig.board.remove()


def test_a_clerk_without_the_right_ca_is_told_and_nothing_is_sent(tls_rig: Rig, tmp_path: Path) -> None:
    before = len(tls_rig.journal())
    other = Authority(tmp_path, "other").file
    without, wrong = typed(tls_rig, "sale", "1.00"), typed(tls_rig, "sale", "1.00", "--ca", str(other))
    assert without.exit_code == wrong.exit_code == 1
    assert "CA file" in without.output and "not trusted" in wrong.output
    assert len(tls_rig.journal()) == before


@pytest.mark.parametrize("host", [ADDRESS, HOST, "till-desk.example", "TILL-DESK.EXAMPLE", "localhost", "[::1]"])
def test_the_terminal_goes_by_its_names_and_by_the_address_that_was_reached(till: Till, host: str) -> None:
    port = till.address.rpartition(":")[2]
    assert till.post(json.dumps(DIAGNOSIS), {"Host": f"{host}:{port}"})[0] == 200


@pytest.mark.parametrize("host", ["127.0.0.6", "desk.example", "evil.example", "till-desk.example.", ""])
def test_any_other_name_is_taken_for_a_web_page(till: Till, host: str) -> None:
    port = till.address.rpartition(":")[2]
    assert till.post(json.dumps(DIAGNOSIS), {"Host": f"{host}:{port}"})[0] == 403
    assert till.post(json.dumps(DIAGNOSIS), {"Host": ADDRESS})[0] == 403, "the port belongs to it"


def test_a_sale_in_progress_is_not_disturbed_by_handshakes(tls_rig: Rig, till: Till) -> None:
    under_way = paying(tls_rig, "TLS-2", till=till)
    plain = Till(till.address, till.token)
    for _ in range(20):
        with pytest.raises(TillError):
            plain.diagnosis()
    tls_rig.board.tap("unionpay")
    assert under_way.wait()["Response"]["Result"] == "Success"
    tls_rig.board.remove()
