import asyncio

import pytest

from tools.acquirer.frame import LONGEST_FRAME, Frame, read_frame
from tools.errors import WireError

TPDU = "6000030000"
HEADER = "603100310000"
MESSAGE = "08000000000000000000"


@pytest.mark.parametrize("request_digit", [0, 6])
def test_a_reply_goes_back_where_the_frame_came_from_with_the_hosts_own_request_in_its_header(
    request_digit: int,
) -> None:
    frame = Frame.parse(bytes.fromhex("6012345678" + "613213310001" + MESSAGE))
    reply = frame.reply(bytes.fromhex("0810"), request_digit)
    assert reply.to_bytes().hex() == "000d" + "6056781234" + f"61321{request_digit}310001" + "0810"


FRAMES = [
    (TPDU + HEADER + MESSAGE, None),
    (TPDU + "61" + HEADER[2:] + MESSAGE, None),
    (TPDU + HEADER + MESSAGE[2:], "short"),
    ("", "short"),
    ("61" + TPDU[2:] + HEADER + MESSAGE, "tpdu"),
    (TPDU + "62" + HEADER[2:] + MESSAGE, "header"),
    (TPDU + HEADER[:-1] + "A" + MESSAGE, "header"),
]


@pytest.mark.parametrize(("text", "reason"), FRAMES)
def test_only_frames_of_the_layout_are_taken(text: str, reason: str | None) -> None:
    if reason is None:
        assert Frame.parse(bytes.fromhex(text)).message.hex() == MESSAGE
    else:
        with pytest.raises(WireError) as caught:
            Frame.parse(bytes.fromhex(text))
        assert caught.value.reason == reason


async def read(data: bytes) -> Frame | None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await read_frame(reader)


async def test_a_frame_of_the_greatest_length_is_read_and_a_longer_one_is_not_waited_for() -> None:
    longest = bytes.fromhex(TPDU + HEADER) + bytes(LONGEST_FRAME - 11)
    frame = await read(LONGEST_FRAME.to_bytes(2, "big") + longest)
    assert frame is not None and len(frame.message) == LONGEST_FRAME - 11
    with pytest.raises(WireError) as caught:
        await read((LONGEST_FRAME + 1).to_bytes(2, "big"))
    assert caught.value.reason == "oversize"


@pytest.mark.parametrize("data", ["00", "0015", "0015" + TPDU])
async def test_an_end_inside_a_frame_is_an_error_and_one_between_frames_is_none(data: str) -> None:
    assert await read(b"") is None
    with pytest.raises(WireError) as caught:
        await read(bytes.fromhex(data))
    assert caught.value.reason == "truncated"
