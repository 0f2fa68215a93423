"""A card that answers what it likes: reading it ends in a `CardRead` or a `CardError`, and neither shows card data."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.card.flow import CardRead, read_card
from agent.errors import CardError
from tests.leaks.strategies import CARD_BYTES, damaged, shows_no_card
from tests.portable.test_card_flow import CODES, SALE, ScriptedCard, mastercard, unionpay, visa

MOST_COMMANDS = 40
STATUS = st.sampled_from([b"\x90\x00", b"\x6a\x82", b"\x69\x85", b"\x62\x83", b"\x61\x10", b"\x6c\x05"]) | st.binary(
    min_size=2, max_size=2
)


class HostileCard:
    """Answers as `card` would, but for what `data` makes of it: damaged, anything, or with card data in it."""

    def __init__(self, card: ScriptedCard, data: st.DataObject) -> None:
        self._card = card
        self._data = data
        self.asked = 0

    async def transceive(self, apdu: bytes) -> bytes:
        self.asked += 1
        right = await self._card.transceive(apdu)
        answers = st.one_of(
            st.just(right),
            st.just(right),
            damaged(right),
            st.tuples(damaged(right[:-2]), STATUS).map(b"".join),
            st.tuples(st.binary(max_size=40) | CARD_BYTES, STATUS).map(b"".join),
        )
        return self._data.draw(answers)


@given(st.sampled_from([unionpay, visa, mastercard]), st.data())
@settings(max_examples=300)
def test_any_card_is_read_or_refused_by_name(script: "type[dict[str, str]]", data: st.DataObject) -> None:
    card = HostileCard(ScriptedCard(script()), data)
    try:
        read = asyncio.run(read_card(card.transceive, SALE))
    except CardError as error:
        assert error.code in CODES
        assert str(error) and shows_no_card(error)
    else:
        assert isinstance(read, CardRead) and shows_no_card(read)
        assert read.track2.reveal().startswith(read.pan.reveal())
    assert card.asked <= MOST_COMMANDS
