"""The agent's codec, keys and client against the acquirer simulator, which has its own of everything."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.adapters.iso8583 import Iso8583Acquirer
from agent.errors import AcquirerLostError, AcquirerTimeoutError, SignOnRefusedError
from agent.messages import Message
from tests.agent.adapters.iso8583.conftest import TMK, TPDU_SENT
from tools.acquirer.client import AcquirerControl

TID = "JG000001"
MID = "898210154110002"
NAME = "跳码守护咖啡 Cafe"
BATCH = "000042"
PATIENCE_MS = 5000

TERMINALS = f"""
acquirer = "48221000"

[[terminals]]
tid = "{TID}"
mid = "{MID}"
name = "{NAME}"
tmk = "{TMK.hex()}"
"""

SALE_SENT: dict[int, str | bytes] = {
    3: "000000",
    4: "000000001234",
    22: "071",
    23: "001",
    25: "00",
    35: "6212345678901232D30122010000000000000",
    41: TID,
    42: MID,
    49: "156",
    55: bytes.fromhex("9F2608112233445566778895050000000000"),
    60: f"22{BATCH}000",
}


def sale(trace: str) -> Message:
    return Message("0200", SALE_SENT | {11: trace})


def reversal(trace: str, date: str) -> Message:
    kept = {number: value for number, value in SALE_SENT.items() if number in (3, 4, 22, 25, 41, 42, 49, 60)}
    return Message("0400", kept | {11: trace, 39: "98", 61: BATCH + trace + date})


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    """A simulator process in `tmp_path`; ends with the test."""
    terminals = tmp_path / "terminals.toml"
    terminals.write_text(TERMINALS, encoding="utf-8")
    options = ["--dir", str(tmp_path), "--terminals", str(terminals)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools.acquirer", *options, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 20)
        assert process.returncode is None, "the simulator ended at once"
        yield json.loads(line)["port"]
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0


@pytest.fixture
def control(tmp_path: Path, port: int) -> AcquirerControl:
    return AcquirerControl(tmp_path)


@pytest.fixture
async def client(port: int) -> AsyncIterator[Iso8583Acquirer]:
    client = Iso8583Acquirer("127.0.0.1", port, TPDU_SENT, TMK, connect_timeout_ms=PATIENCE_MS)
    yield client
    await client.close()


async def sign_on(client: Iso8583Acquirer) -> Message:
    return await client.sign_on("000001", BATCH, TID, MID, PATIENCE_MS)


async def exchange(client: Iso8583Acquirer, message: Message) -> Message:
    await client.send(message)
    return await client.receive(PATIENCE_MS)


def states(control: AcquirerControl) -> list[tuple[object, ...]]:
    return [(row["trace"], row["amount"], row["mid"], row["card"], row["state"]) for row in control.ledger()]


async def test_a_sale_and_its_reversal_are_booked(client: Iso8583Acquirer, control: AcquirerControl) -> None:
    signed_on = await sign_on(client)
    assert (signed_on.text(39), signed_on.text(32), signed_on.text(42)) == ("00", "48221000", MID)
    sold = await exchange(client, sale("000002"))
    assert (sold.mti, sold.authenticated, sold.text(39)) == ("0210", True, "00")
    assert (sold.text(4), sold.text(11), sold.text(41), sold.text(42)) == ("000000001234", "000002", TID, MID)
    assert (sold.text(32), sold.text(43), len(sold.text(38))) == ("48221000", NAME, 6)
    assert states(control) == [("000002", 1234, MID, "621234******1232", "approved")]
    reversed_ = await exchange(client, reversal("000002", sold.text(13)))
    assert (reversed_.mti, reversed_.authenticated, reversed_.text(39)) == ("0410", True, "00")
    assert states(control) == [("000002", 1234, MID, "621234******1232", "reversed")]
    assert control.status()["malformed"] == {}


async def test_every_answer_of_the_simulator_authenticates(client: Iso8583Acquirer, control: AcquirerControl) -> None:
    await sign_on(client)
    for number in range(2, 102):
        trace = f"{number:06d}"
        sold = await exchange(client, sale(trace))
        assert (sold.authenticated, sold.text(39), sold.text(11)) == (True, "00", trace)
    assert len(states(control)) == 100


async def test_a_wrong_mac_is_seen_by_both_sides(client: Iso8583Acquirer, control: AcquirerControl) -> None:
    await sign_on(client)
    control.behave("bad_mac")
    assert not (await exchange(client, sale("000002"))).authenticated
    control.behave("expire_keys")
    refused = await exchange(client, sale("000003"))
    assert (refused.authenticated, refused.text(39)) == (True, "A0")
    await sign_on(client)
    assert (await exchange(client, sale("000004"))).text(39) == "00"


async def test_a_sign_on_that_the_simulator_refuses(
    port: int, client: Iso8583Acquirer, control: AcquirerControl
) -> None:
    control.behave("bad_keys")
    with pytest.raises(SignOnRefusedError) as refused:
        await sign_on(client)
    assert refused.value.code == "KEYS"
    with pytest.raises(SignOnRefusedError) as refused:
        await client.sign_on("000002", BATCH, "JG999999", MID, PATIENCE_MS)
    assert refused.value.code == "97"
    other = Iso8583Acquirer("127.0.0.1", port, TPDU_SENT, TMK[::-1], connect_timeout_ms=PATIENCE_MS)
    with pytest.raises(SignOnRefusedError) as refused:
        await sign_on(other)
    assert refused.value.code == "KEYS"
    await other.close()
    assert (await sign_on(client)).text(39) == "00"


async def test_an_unknown_outcome_is_reversed_on_a_new_connection(
    client: Iso8583Acquirer, control: AcquirerControl
) -> None:
    date = (await sign_on(client)).text(13)
    control.behave("cut", when="after_booking")
    with pytest.raises(AcquirerLostError):
        await exchange(client, sale("000002"))
    assert states(control)[0][-1] == "approved"
    assert (await exchange(client, reversal("000002", date))).text(39) == "00"
    assert states(control)[0][-1] == "reversed"


async def test_late_and_doubled_answers_come_through(client: Iso8583Acquirer, control: AcquirerControl) -> None:
    await sign_on(client)
    control.behave("late")
    await client.send(sale("000002"))
    with pytest.raises(AcquirerTimeoutError):
        await client.receive(50)
    control.behave("duplicate")
    await client.send(sale("000003"))
    traces = sorted([(await client.receive(PATIENCE_MS)).text(11) for _ in range(3)])
    assert traces == ["000002", "000003", "000003"]


async def test_a_jumped_answer_is_authentic_and_names_the_other_merchant(
    client: Iso8583Acquirer, control: AcquirerControl
) -> None:
    await sign_on(client)
    control.behave("answer_as", mid="898210154110099", name="别家商户")
    jumped = await exchange(client, sale("000002"))
    assert (jumped.authenticated, jumped.text(42), jumped.text(43)) == (True, "898210154110099", "别家商户")
    assert states(control)[0][2] == "898210154110099"
