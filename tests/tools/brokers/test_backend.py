"""The backend's connection to a real broker over TLS."""

import logging
from pathlib import Path
from queue import SimpleQueue

import pytest
from typer.testing import CliRunner

from board.identity import Pair
from provisioning import keys
from tests.tools.brokers.secured import FLEET, SecuredFleet
from tools.cli.fleet import app
from tools.fleet.errors import LinkError
from tools.fleet.keeper import News
from tools.fleet.link import REPORTS, Broker, Connection, Session, filters

PATIENCE_S = 10.0


def connection(fleet: SecuredFleet, **changes: object) -> tuple[Connection, "SimpleQueue[News]"]:
    """A connection of the backend, and where it tells its news."""
    news: SimpleQueue[News] = SimpleQueue()
    broker = Broker("localhost", fleet.broker.port, fleet.authority.servers_file, fleet.backend())
    made = Connection(
        broker._replace(**changes),  # type: ignore[arg-type]
        Session("backend-of-the-test", filters(FLEET, REPORTS)),
        lambda _connection, _message: None,
        lambda _connection, told: news.put(told),
    )
    return made, news


def test_with_its_certificate_it_is_let_in_and_subscribed(fleet: SecuredFleet) -> None:
    link, news = connection(fleet)
    link.open()
    assert news.get(timeout=PATIENCE_S) is News.SUBSCRIBED
    link.close()
    assert news.get(timeout=PATIENCE_S) is News.ENDED


def test_with_an_expired_one_it_is_not_and_the_log_says_why(
    own_fleet: SecuredFleet, caplog: pytest.LogCaptureFixture
) -> None:
    pair = own_fleet.backend()
    key, certificate = own_fleet.authority.issue_backend(days=0)
    pair.key.write_bytes(key)
    pair.certificate.write_bytes(certificate)
    own_fleet.refresh()
    link, news = connection(own_fleet)
    with caplog.at_level(logging.ERROR):
        link.open()
        assert news.get(timeout=PATIENCE_S) is News.ENDED
    assert any("this side's certificate" in record.message for record in caplog.records)
    link.close()


def test_a_broker_under_another_name_is_not_talked_to(fleet: SecuredFleet) -> None:
    link, _ = connection(fleet, host="127.0.0.1")
    with pytest.raises(LinkError, match="cannot be reached: the broker's certificate is for another IP address"):
        link.open()


def test_a_missing_file_is_named(fleet: SecuredFleet, tmp_path: Path) -> None:
    link, _ = connection(fleet, pair=Pair(tmp_path / "no.crt", tmp_path / "no.key"))
    with pytest.raises(LinkError, match=r"no\.key: the private key of the link cannot be read"):
        link.open()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--broker", "broker.example:8883"], "the link is not encrypted, and host is another machine"),
        (["--broker", "127.0.0.1:8883", "--broker", "broker.example:8883"], "host is another machine"),
        (["--broker", "127.0.0.1:8883", "--ca-file", "ca"], "belong together: set all three, or none"),
    ],
)
def test_ingest_does_not_go_out_unencrypted(tmp_path: Path, options: list[str], said: str) -> None:
    keys.create(tmp_path / "key", keys.BACKEND)
    common = ["ingest", "--dir", str(tmp_path / "store"), "--fleet", FLEET, "--key", str(tmp_path / "key")]
    done = CliRunner().invoke(app, [*common, *options], env={"COLUMNS": "300"})
    assert done.exit_code == 2
    assert said in done.output
    assert not (tmp_path / "store").exists()
