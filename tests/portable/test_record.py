"""The binding record: what is signed is taken whole, or refused whole."""

from agent.binding.record import Binding, parse
from agent.canonical import encode
from agent.errors import BindingError
from tests.portable.helpers import raises
from tests.portable.ports.binding import MID, SERIAL, altered, document

TEXTS = (
    "format", "serial", "acquirer", "mid", "tid", "uscc", "account_last4", "account_hash", "address", "region",
    "timezone", "mcc", "name", "currency", "jump_policy", "valid_from", "valid_to",
)  # fmt: skip


def refusal(document: object) -> str:
    return str(raises(BindingError, parse, document))


def test_a_whole_record_is_taken_as_it_says() -> None:
    binding = parse(document())
    assert (binding.version, binding.serial, binding.mid, binding.limit) == (3, SERIAL, MID, 100_000)
    assert binding.fees == {"credit_basis_points": 60, "debit_basis_points": 50, "debit_cap": 2000}
    assert binding.canonical() == encode(document())


def test_each_missing_field_is_named() -> None:
    for name in document():
        without = document()
        del without[name]
        assert refusal(without) == "binding: {} missing; have the binding issued again".format(name)


def test_an_unknown_field_is_refused_since_it_could_be_a_restriction() -> None:
    more = document()
    more["only_on_sundays"] = True
    assert refusal(more) == "binding: only_on_sundays unknown to this software; update it"
    fees = {"credit_basis_points": 60, "debit_basis_points": 50, "debit_cap": 2000, "rebate": 1}
    assert refusal(altered({"fees": fees})) == "binding.fees: rebate unknown to this software; update it"


def test_text_fields_take_only_text() -> None:
    for name in TEXTS:
        for value in (None, 1, True, False, b"91", ["x"], {"x": 1}, ""):
            assert "binding.{}:".format(name) in refusal(altered({name: value})), (name, value)


def test_whole_numbers_are_no_booleans_and_have_a_least_value() -> None:
    wrong: "list[object]" = [0, -1, True, False, "1", None, 1.0, [1]]
    for name in ("version", "limit"):
        assert parse(altered({name: 1})).document[name] == 1
        for value in wrong:
            assert refusal(altered({name: value})).startswith("binding.{}:".format(name)), (name, value)


def test_fees_are_whole_numbers_from_nought() -> None:
    for name in ("credit_basis_points", "debit_basis_points", "debit_cap"):
        fees: "dict[str, object]" = {"credit_basis_points": 60, "debit_basis_points": 50, "debit_cap": 2000}
        fees[name] = 0
        assert parse(altered({"fees": dict(fees)})).fees[name] == 0
        for value in (-1, True, "0", None, 0.5):
            fees[name] = value
            assert refusal(altered({"fees": dict(fees)})).startswith("binding.{}:".format(name)), (name, value)
        del fees[name]
        assert refusal(altered({"fees": dict(fees)})) == (
            "binding.fees: {} missing; have the binding issued again".format(name)
        )
    others: "list[object]" = [None, [], "", 60, True]
    for other in others:
        assert refusal(altered({"fees": other})) == "binding.fees: not an object"


def test_each_malformed_identifier_is_refused_and_named() -> None:
    for name, value in (
        ("serial", "jg-demo-0001"), ("acquirer", "12"), ("acquirer", "123456789012"), ("acquirer", "８98"),
        ("mid", "89821015411000"), ("tid", "5001234"), ("uscc", "91350100M000100Y4A"), ("account_last4", "678"),
        ("account_last4", "67８9"), ("account_hash", "AB" * 32), ("account_hash", "ab" * 31),
        ("account_hash", "zz" * 32), ("region", "35010"),
        ("mcc", "541"), ("mcc", "54111"), ("currency", "CNY"), ("currency", "1566"), ("jump_policy", "ignore"),
        ("valid_from", "2026-01-01"), ("valid_to", "2027-13-01T00:00:00Z"),
    ):  # fmt: skip
        text = refusal(altered({name: value}))
        assert text.startswith("binding.{}: ".format(name)), (name, value, text)
        assert repr(value) in text


def test_a_licence_has_a_number_of_its_own_or_none() -> None:
    assert parse(document()).licence == ""
    licensed = document()
    licensed["licence"] = "110108000000016"
    assert parse(licensed).licence == "110108000000016"
    for value in ("110108000000017", "11010800000001", "91350100M000100Y43", "", None, 110108000000016):
        licensed["licence"] = value
        assert refusal(licensed).startswith("binding.licence: "), value


def test_what_no_register_was_asked_for_is_taken() -> None:
    for name, value in (
        ("region", "999999"), ("mcc", "0000"), ("mcc", "9999"), ("mid", "850100082410002"), ("mid", "ABCDEFGHIJKLMNO"),
        ("acquirer", "000"), ("tid", "00000000"), ("uscc", "A1350100000000000G"),
    ):  # fmt: skip
        assert parse(altered({name: value})).document[name] == value


def test_lines_of_text_have_a_longest_length_and_no_odd_characters() -> None:
    for name, longest in (("address", 200), ("timezone", 64), ("name", 20)):
        assert parse(altered({name: "店" * longest})).document[name] == "店" * longest
        assert parse(altered({name: "a b"})).document[name] == "a b"
        for bad in (
            "店" * (longest + 1),
            " a",
            "a ",
            "a\n",
            "a\tb",
            "a\x00b",
            "a\x7f",
            "a\x85b",
            "\u3000a",
            "a\u3000",
            "\u00a0a",
        ):
            assert refusal(altered({name: bad})).startswith("binding.{}: ".format(name)), (name, bad)


def test_a_name_fits_the_forty_bytes_of_de_43() -> None:
    for name in ("a" * 40, "店" * 19 + "ab"):
        assert parse(altered({"name": name})).name == name
    for name in ("a" * 41, "店" * 20 + "a"):
        assert refusal(altered({"name": name})).startswith("binding.name: ")


def test_the_record_of_another_format_or_kind_is_refused() -> None:
    assert refusal(altered({"format": "jumpguard.binding/2"})) == (
        "binding.format: 'jumpguard.binding/2' is not 'jumpguard.binding/1'; update the software"
    )
    for other in (None, [], "binding", 1, True, [document()]):
        assert refusal(other) == "binding: not an object; have it issued again"


def test_a_record_is_valid_for_some_time() -> None:
    second = altered({"valid_from": "2026-01-01T00:00:00Z", "valid_to": "2026-01-01T00:00:01Z"})
    assert isinstance(parse(second), Binding)
    for end in ("2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"):
        text = refusal(altered({"valid_from": "2026-01-01T00:00:00Z", "valid_to": end}))
        assert text == "binding.valid_to: not after valid_from; have the binding issued again"
