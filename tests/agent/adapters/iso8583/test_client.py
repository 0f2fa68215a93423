"""Sign-on and exchange of messages with an acquirer that the test plays by hand."""

import asyncio

import pytest

from agent.adapters.iso8583 import Iso8583Acquirer
from agent.errors import AcquirerTimeoutError, MessageError, SettingsError, SignOnRefusedError
from agent.messages import Message
from tests.agent.adapters.iso8583.conftest import (
    MAK,
    TMK,
    TPDU_SENT,
    Host,
    Peer,
    acquirer_mac,
    assemble,
    framed,
    key_block,
    sale,
    sale_answer,
    sign_on_answer,
    text,
)

ENVELOPE = bytes.fromhex("6000030000 603100310000")
TID = "JG000001"
MID = "898210154110002"


def sign_on(client: Iso8583Acquirer, trace: str = "000001", timeout_ms: int = 5000) -> asyncio.Task[Message]:
    return asyncio.create_task(client.sign_on(trace, "000042", TID, MID, timeout_ms))


async def test_a_sign_on_asks_for_keys_and_returns_the_answer(host: Host, client: Iso8583Acquirer) -> None:
    signing = sign_on(client)
    peer = await host.peer()
    request = {11: "000001", 41: text(TID), 42: text(MID), 60: "0011" + "000000420030", 63: "0003" + text("01 ")}
    assert await peer.request() == ENVELOPE + assemble("0800", request)
    await peer.write(framed(sign_on_answer()))
    answer = await signing
    assert (answer.mti, answer.text(39), answer.text(42)) == ("0810", "00", MID)
    assert not answer.authenticated  # its keys check; nothing vouches for the rest of it


async def test_a_sale_leaves_with_its_mac_and_the_answer_is_authenticated(client: Iso8583Acquirer, peer: Peer) -> None:
    message = sale()
    await client.send(message)
    sent = {3: "000000", 4: "000000001234", 11: "000002", 41: text(TID), 42: text(MID), 64: ""}
    unsigned = assemble("0200", sent)
    assert await peer.request() == ENVELOPE + unsigned + acquirer_mac(unsigned)
    assert 64 not in message.fields
    await peer.write(framed(sale_answer()))
    answer = await client.receive(5000)
    assert (answer.mti, answer.text(11), answer.text(39)) == ("0210", "000002", "00")
    assert answer.authenticated


async def test_an_answer_with_a_wrong_or_no_mac_is_not_authenticated(client: Iso8583Acquirer, peer: Peer) -> None:
    await peer.write(framed(sale_answer(key=TMK)) + framed(assemble("0210", {11: "000002", 39: text("A0")})))
    await peer.write(framed(sale_answer()))
    assert [(await client.receive(5000)).authenticated for _ in range(3)] == [False, False, True]


async def test_a_mac_is_not_authentic_before_there_are_keys(host: Host, client: Iso8583Acquirer) -> None:
    await client.send(Message("0820", {11: "000009"}))
    peer = await host.peer()
    assert await peer.request() == ENVELOPE + assemble("0820", {11: "000009"})  # management travels without a MAC
    await peer.write(framed(sale_answer()))
    assert not (await client.receive(5000)).authenticated


async def test_late_doubled_and_unrelated_answers_all_come_through(client: Iso8583Acquirer, peer: Peer) -> None:
    answers = [sale_answer("000001"), sale_answer("000002"), sale_answer("000002"), assemble("0830", {11: "777777"})]
    await peer.write(b"".join(map(framed, answers)))
    received = [await client.receive(5000) for _ in answers]
    assert [(message.mti, message.text(11)) for message in received] == [
        ("0210", "000001"),
        ("0210", "000002"),
        ("0210", "000002"),
        ("0830", "777777"),
    ]


async def test_what_comes_before_the_sign_on_answer_is_kept_under_its_old_key(
    client: Iso8583Acquirer, peer: Peer
) -> None:
    signing = sign_on(client, "000003")
    await peer.request()
    await peer.write(framed(sale_answer()) + framed(sign_on_answer("000001")))
    await peer.write(framed(sign_on_answer("000003", keys=key_block())))
    assert (await signing).text(11) == "000003"
    late, stale = await client.receive(5000), await client.receive(5000)
    assert (late.mti, late.authenticated) == ("0210", True)
    assert (stale.mti, stale.text(11)) == ("0810", "000001")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (sign_on_answer(code="97", keys=b""), "97"),
        (sign_on_answer(code="03"), "03"),
        (sign_on_answer(keys=b""), "KEYS"),
        (sign_on_answer(keys=key_block()[:24]), "KEYS"),
        (sign_on_answer(keys=key_block(tmk=MAK)), "KEYS"),
        (sign_on_answer(keys=key_block()[:-1] + b"\0"), "KEYS"),
    ],
)
async def test_a_refused_sign_on_or_wrong_keys_are_named(
    host: Host, client: Iso8583Acquirer, answer: bytes, code: str
) -> None:
    signing = sign_on(client)
    peer = await host.peer()
    await peer.request()
    await peer.write(framed(answer))
    with pytest.raises(SignOnRefusedError) as refused:
        await signing
    assert refused.value.code == code
    with pytest.raises(MessageError, match="sign on first"):
        await client.send(sale())


async def test_keys_from_before_stay_when_new_ones_do_not_check(client: Iso8583Acquirer, peer: Peer) -> None:
    signing = sign_on(client, "000005")
    await peer.request()
    await peer.write(framed(sign_on_answer("000005", keys=bytes(40))))
    with pytest.raises(SignOnRefusedError):
        await signing
    await peer.write(framed(sale_answer()))
    assert (await client.receive(5000)).authenticated


async def test_a_sign_on_answer_without_a_response_code_is_no_message(host: Host, client: Iso8583Acquirer) -> None:
    signing = sign_on(client)
    peer = await host.peer()
    await peer.request()
    await peer.write(framed(assemble("0810", {11: "000001"})))
    with pytest.raises(MessageError, match="DE 39"):
        await signing


async def test_the_sign_on_time_covers_all_that_comes_before_the_answer(host: Host, client: Iso8583Acquirer) -> None:
    signing = sign_on(client, timeout_ms=150)
    peer = await host.peer()
    await peer.request()
    async with asyncio.timeout(5):
        while not signing.done():  # each message comes well within the time allowed
            await peer.write(framed(sign_on_answer("999999")))
            await asyncio.wait([signing], timeout=0.03)
    with pytest.raises(AcquirerTimeoutError):
        await signing
    assert (await client.receive(0)).text(11) == "999999"


async def test_a_damaged_message_is_reported_and_the_next_one_read(client: Iso8583Acquirer, peer: Peer) -> None:
    for damaged, reason in [
        (framed(assemble("0210", {4: "00000000123A"})), "DE 4"),
        (framed(b""), "message type"),
        (bytes.fromhex("0000"), "too short"),
        (framed(sale_answer()).replace(b"\x60", b"\x61", 1), "TPDU"),
    ]:
        await peer.write(damaged + framed(sale_answer()))
        with pytest.raises(MessageError, match=reason):
            await client.receive(5000)
        assert (await client.receive(5000)).authenticated


async def test_the_processing_request_of_the_last_header_is_kept(client: Iso8583Acquirer, peer: Peer) -> None:
    assert client.host_request == 0
    for request in (3, 6, 0):
        await peer.write(framed(sale_answer(), request))
        await client.receive(5000)
        assert client.host_request == request


async def test_a_message_without_wire_form_does_not_connect(host: Host, client: Iso8583Acquirer) -> None:
    with pytest.raises(MessageError, match="DE 41"):
        await client.send(Message("0800", {41: "SHORT"}))
    assert not client.connected
    assert host.no_peer()


async def test_nothing_of_the_keys_is_printed(client: Iso8583Acquirer, peer: Peer) -> None:
    shown = repr(vars(client)) + repr(client)
    for key in (TMK, MAK):
        assert key.hex() not in shown.lower()
        assert repr(key)[2:-1] not in shown


def test_wrong_settings_are_refused_at_once() -> None:
    assert not Iso8583Acquirer("127.0.0.1", 1, TPDU_SENT, TMK, 100).connected
    with pytest.raises(SettingsError, match="tpdu"):
        Iso8583Acquirer("127.0.0.1", 1, "6100030000", TMK, 100)
    with pytest.raises(SettingsError, match="master key"):
        Iso8583Acquirer("127.0.0.1", 1, TPDU_SENT, TMK[:8], 100)
