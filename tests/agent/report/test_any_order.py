"""Whatever the backend signs, also one that was broken into: a command ends, a configuration is committed or rejected,
and the terminal sells on unless it was told not to.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.sale import outcome
from tests.leaks.strategies import CARD_TEXTS
from tests.portable import test_commands, test_configuration
from tests.portable.helpers import finish, until
from tests.portable.ports.binding import document
from tests.portable.shop import told

ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | CARD_TEXTS
CANONICAL: "st.SearchStrategy[Any]" = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ASCII, inner, max_size=3),
    max_leaves=6,
)
"""What has canonical bytes, so that it can be signed."""

TYPES = st.sampled_from(["ping", "diagnosis", "diagnostics", "sign_on", "unlock", "set_vitals_period", "dance"])
ARGUMENTS = st.dictionaries(st.sampled_from(["reason", "seconds"]) | ASCII, CANONICAL, max_size=2)


@given(st.lists(st.tuples(TYPES, ARGUMENTS), min_size=1, max_size=4))
@settings(max_examples=50)
def test_any_command_ends_and_the_terminal_sells_on(orders: "list[tuple[str, dict[str, object]]]") -> None:
    async def scenario() -> None:
        at = await test_commands.desk()
        for counter, (kind, args) in enumerate(orders, 1):
            ended = await at.done(kind, args, counter)
            assert ended["state"] == "succeeded" or ended["code"], ended
            if args and kind != "set_vitals_period":
                assert ended["state"] == "failed", "an argument that is not known was ignored"
        assert told(await at.shop.sell()) == (outcome.APPROVED, "00")
        await at.stop()

    finish(scenario())


CHANGES = st.dictionaries(st.sampled_from(sorted(document())) | ASCII, CANONICAL, max_size=2)
BINDINGS = CANONICAL | CHANGES.map(lambda changes: document() | {"version": 4} | changes)
VALUES = st.dictionaries(ASCII | st.just("link"), CANONICAL | st.dictionaries(ASCII, CANONICAL, max_size=2), max_size=2)


CONTENTS = st.fixed_dictionaries({}, optional={"settings": CANONICAL | VALUES, "extra": CANONICAL})


@given(CONTENTS, st.none() | BINDINGS)
@settings(max_examples=100)
def test_any_configuration_is_committed_or_rejected_and_the_terminal_sells_on(
    content: "dict[str, object]", binding: object
) -> None:
    async def scenario() -> None:
        at = await test_configuration.desk()
        if binding is not None:
            content["binding"] = at.backend.binding(binding) if isinstance(binding, dict) else binding
        await at.desire(1, content)
        report = await at.ended()
        assert report["state"] == "committed" or report["reason"], report
        assert told(await at.shop.sell())[0] in (outcome.APPROVED, outcome.REFUSED, outcome.JUMPED)
        await until(lambda: not at.shop.counter.busy)
        await at.stop()

    finish(scenario())
