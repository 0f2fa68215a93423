"""The cipher parts against calculations that are spelled out step by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.adapters.iso8583.codec import decode
from agent.adapters.iso8583.keys import Secret, decrypt, encrypt, mac_key, master_key
from agent.adapters.iso8583.mac import is_authentic, mac, signed
from agent.errors import SettingsError, SignOnRefusedError
from tests.agent.adapters.iso8583.conftest import MAK, TMK, acquirer_mac, assemble, key_block, sale_answer, single_des
from tests.leaks.strategies import damaged

# openssl enc -des-ede-ecb -nopad -K 404142434445464748494a4b4c4d4e4f over eight zero bytes
MAK_CHECK = bytes.fromhex("8baf473f2f8fd094")


def test_a_double_length_key_is_used_as_encrypt_decrypt_encrypt() -> None:
    assert encrypt(Secret(MAK), bytes(8)) == MAK_CHECK
    assert decrypt(Secret(MAK), MAK_CHECK) == bytes(8)


def test_the_mac_folds_writes_out_and_encrypts_twice() -> None:
    data = bytes.fromhex("0200 3020000000000001 1234567890")  # 15 bytes: the last block is one short
    first, second = data[:8], data[8:] + b"\0"
    folded = bytes(a ^ b for a, b in zip(first, second, strict=True))
    written = folded.hex().upper().encode()
    assert written == b"0201221456789000"  # 02 xor 00, 00 xor 01, 30 xor 12, ... in hexadecimal digits
    left, right = MAK[:8], MAK[8:]

    def ede(block: bytes) -> bytes:
        return single_des(left, single_des(right, single_des(left, block), decrypting=True))

    inner = ede(written[:8])
    outer = ede(bytes(a ^ b for a, b in zip(inner, written[8:], strict=True)))
    assert mac(Secret(MAK), data) == outer.hex().upper()[:8].encode()


def test_the_mac_of_a_known_message_is_known() -> None:
    # 0200, DE 3, 4, 11, 41, 42 and the bit of 64; pinned, so that code and calculation cannot drift together.
    unsigned = bytes.fromhex("0200 3020000000C00001 000000 000000001234 000002") + b"JG000001898210154110002"
    assert mac(Secret(MAK), unsigned) == b"07B372C8"
    assert acquirer_mac(unsigned) == b"07B372C8"
    assert signed(Secret(MAK), unsigned + bytes(8)) == unsigned + b"07B372C8"


def test_every_byte_before_the_mac_counts() -> None:
    body = sale_answer()
    key = Secret(MAK)
    assert is_authentic(key, decode(body), body)
    for index in range(len(body) - 8):
        changed = bytearray(body)
        changed[index] ^= 1
        assert not is_authentic(key, decode(body), bytes(changed))
    forged = body[:-1] + bytes([body[-1] ^ 1])
    assert not is_authentic(key, decode(forged), forged)


def test_another_key_or_no_mac_is_not_authentic() -> None:
    body = sale_answer()
    assert not is_authentic(Secret(TMK), decode(body), body)
    bare = assemble("0210", {11: "000002"})
    assert not is_authentic(Secret(MAK), decode(bare), bare)


def test_working_keys_open_under_the_right_master_key_only() -> None:
    assert mac_key(master_key(TMK), key_block()).reveal() == MAK
    with pytest.raises(SignOnRefusedError, match="PIK") as refused:
        mac_key(master_key(bytes(range(16))), key_block())
    assert refused.value.code == "KEYS"


@pytest.mark.parametrize(("index", "name"), [(0, "PIK"), (19, "PIK"), (20, "MAK"), (39, "MAK")])
def test_a_changed_key_or_check_value_is_refused(index: int, name: str) -> None:
    block = bytearray(key_block())
    block[index] ^= 0x10
    with pytest.raises(SignOnRefusedError, match=f"check value of the {name}"):
        mac_key(master_key(TMK), bytes(block))


@pytest.mark.parametrize("length", [0, 24, 39, 41, 60])
def test_working_keys_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(SignOnRefusedError, match=f"{length} bytes") as refused:
        mac_key(master_key(TMK), bytes(length))
    assert refused.value.code == "KEYS"


@given(st.binary(max_size=60) | st.binary(min_size=40, max_size=40) | damaged(key_block()))
def test_any_key_block_gives_the_key_or_a_refusal_that_shows_none_of_it(block: bytes) -> None:
    try:
        assert mac_key(master_key(TMK), block).reveal() == MAK
    except SignOnRefusedError as error:
        assert error.code == "KEYS"
        assert len(block) < 4 or block[:4].hex() not in str(error)


@pytest.mark.parametrize("value", [TMK, bytearray(TMK), memoryview(TMK), Secret(TMK)])
def test_a_master_key_comes_as_any_bytes(value: bytes | bytearray | memoryview | Secret) -> None:
    assert master_key(value).reveal() == TMK


@pytest.mark.parametrize("length", [0, 8, 15, 17, 24])
def test_a_master_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(SettingsError, match=f"{length} bytes"):
        master_key(bytes(length))


def test_a_secret_prints_as_its_length() -> None:
    secret = Secret(b"\x41\x42\x43")
    for shown in (repr(secret), str(secret), f"{secret}", f"{[secret]}"):
        assert "3 bytes" in shown
        assert "ABC" not in shown
        assert "414243" not in shown
    assert secret.reveal() == b"ABC"
