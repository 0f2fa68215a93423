import pyDes  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.acquirer.till import mac_by_hand
from tools.acquirer.keys import WorkingKeys, check_value, encrypt
from tools.acquirer.mac import is_right, mac

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")


def test_a_double_length_key_encrypts_with_its_left_half_then_decrypts_with_its_right_then_encrypts_again() -> None:
    left, right = pyDes.des(KEY[:8]), pyDes.des(KEY[8:])
    block = b"12345678"
    assert encrypt(KEY, block * 2) == left.encrypt(right.decrypt(left.encrypt(block))) * 2


def test_the_check_value_is_the_published_one() -> None:
    # The check value of this well-known test key, as HSM manuals print it.
    assert check_value(KEY).hex().upper() == "08D7B4FB"


def test_the_mac_is_what_its_steps_give() -> None:
    # Blocks 3132333435363738 and 39 00..: the fold is 0832333435363738; its characters are enciphered in two halves.
    des = pyDes.triple_des(KEY)
    first = des.encrypt(b"08323334")
    second = des.encrypt(bytes(a ^ b for a, b in zip(first, b"35363738", strict=True)))
    assert mac(KEY, b"123456789") == second.hex().upper()[:8].encode()


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=16, max_size=16), st.binary(max_size=100))
def test_every_mac_is_the_one_made_by_hand(key: bytes, data: bytes) -> None:
    assert mac(key, data) == mac_by_hand(key, data)


def test_only_the_right_mac_is_right() -> None:
    data = b"\x02\x00 a message"
    code = mac(KEY, data)
    assert is_right(KEY, data + code)
    assert not is_right(KEY, data + code.lower() if code != code.lower() else data + b"00000000")
    assert not is_right(KEY, b"\x02\x10" + data[2:] + code)
    assert not is_right(KEY[::-1], data + code)
    assert not is_right(KEY, b"")


def test_working_keys_travel_under_the_master_key_with_check_values_and_are_new_each_time() -> None:
    keys = WorkingKeys.fresh()
    block = keys.under(KEY)
    master = pyDes.triple_des(KEY)
    assert len(block) == 40
    assert (master.decrypt(block[:16]), master.decrypt(block[20:36])) == (keys.pik, keys.mak)
    assert block[16:20] == pyDes.triple_des(keys.pik).encrypt(bytes(8))[:4]
    assert block[36:] == pyDes.triple_des(keys.mak).encrypt(bytes(8))[:4]
    assert keys.pik != keys.mak != WorkingKeys.fresh().mak


def test_keys_do_not_print() -> None:
    keys = WorkingKeys(b"P" * 16, b"M" * 16)
    assert "PPPP" not in repr(keys) and "MMMM" not in repr(keys)


def test_a_half_block_is_refused() -> None:
    with pytest.raises(ValueError, match="block length"):
        encrypt(KEY, b"1234")
