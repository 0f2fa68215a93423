"""Trace numbers: none is used twice within a batch, whatever was restarted."""

from agent.journal.entry import Record
from agent.sale import kinds
from agent.sale.traces import Traces
from tests.portable.helpers import finish
from tests.portable.ports.journal import MemoryJournal


async def journal_with(*used: "tuple[str, str, str]") -> MemoryJournal:
    """A journal whose entries (kind, trace, batch) are `used`."""
    journal = MemoryJournal()
    for kind, trace, batch in used:
        await journal.append(Record(kind, {"sale": "s", "trace": trace, "batch": batch}))
    return journal


async def next_after(*used: "tuple[str, str, str]") -> "tuple[str, str]":
    traces = Traces(await journal_with(*used))
    await traces.start()
    return traces.next()


def test_numbers_begin_with_one_and_follow_each_other() -> None:
    async def scenario() -> None:
        traces = Traces(MemoryJournal())
        await traces.start()
        taken = [traces.next() for _ in range(3)]
        assert [trace for trace, _ in taken] == ["000001", "000002", "000003"]
        assert len({batch for _, batch in taken}) == 1

    finish(scenario())


def test_a_restart_goes_on_behind_the_last_number() -> None:
    async def scenario() -> None:
        sale, sign_on = kinds.SALE_AUTHORISING, kinds.SIGNING_ON
        assert await next_after((sale, "000041", "000007")) == ("000042", "000007")
        assert await next_after((sign_on, "000041", "000007")) == ("000042", "000007")
        assert await next_after((sign_on, "000041", "000007"), (sale, "000042", "000007")) == ("000043", "000007")

    finish(scenario())


def test_a_number_taken_before_another_and_written_down_after_it_hides_none() -> None:
    async def scenario() -> None:
        used = ((kinds.SIGNING_ON, "000006", "000001"), (kinds.SALE_AUTHORISING, "000005", "000001"))
        assert await next_after(*used) == ("000007", "000001")

    finish(scenario())


def test_after_the_last_number_the_next_batch_begins() -> None:
    async def scenario() -> None:
        sale, sign_on = kinds.SALE_AUTHORISING, kinds.SIGNING_ON
        assert await next_after((sale, "999998", "000001")) == ("999999", "000001")
        assert await next_after((sale, "999999", "000001")) == ("000001", "000002")
        assert await next_after((sale, "999999", "999999")) == ("000001", "000001")
        assert await next_after((sign_on, "999999", "000001"), (sale, "000001", "000002")) == ("000002", "000002")
        assert await next_after((sign_on, "000001", "000001"), (sale, "999999", "999999")) == ("000002", "000001")

    finish(scenario())


def test_a_new_journal_begins_in_a_batch_that_no_earlier_one_used() -> None:
    async def scenario() -> None:
        batches = set()
        for _ in range(20):
            traces = Traces(MemoryJournal())
            await traces.start()
            trace, batch = traces.next()
            assert trace == "000001"
            assert len(batch) == 6 and "000001" <= batch <= "999999"
            batches.add(batch)
        assert len(batches) > 10  # two of twenty are the same once in five thousand runs

    finish(scenario())
