"""config.txt: what counts for a model, and what is added behind a person's own lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.pi.config_txt import effective, value, with_uart
from provisioning.pi.models import UART, Model
from tests.provisioning.pi.tree import CONFIG


@pytest.mark.parametrize("model", Model)
def test_each_model_gets_its_uart_and_nothing_else(model: Model) -> None:
    text = with_uart(CONFIG, [model])
    assert text.startswith(CONFIG)
    added = [one for one in effective(text, model) if one not in effective(CONFIG, model)]
    assert [one for one in added if one != "dtoverlay="] == list(UART[model])
    for other in Model:
        if other is not model:
            assert effective(text, other) == effective(CONFIG, other)


def test_a_card_for_every_model_serves_each_as_one_that_was_made_for_it() -> None:
    text = with_uart(CONFIG, list(Model))
    assert all(with_uart(text, [model]) == text for model in Model)
    assert text.endswith("[all]\n")


def test_the_5_leaves_enable_uart_alone_which_is_its_debug_header() -> None:
    assert value(with_uart(CONFIG, list(Model)), Model.PI_5, "enable_uart") is None


def test_a_board_parameter_behind_a_persons_overlay_is_not_taken_for_that_overlays() -> None:
    lines = with_uart("dtoverlay=i2c-rtc,ds3231", [Model.PI_5]).splitlines()
    assert lines.index("dtoverlay=") < lines.index("dtparam=uart0=on")


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("enable_uart=1\ndtoverlay=disable-bt\n", True),
        (" enable_uart = 1 \n\tdtoverlay=pi3-disable-bt\n", True),
        ("[pi4]\nenable_uart=1\n[all]\ndtoverlay=disable-bt\n", True),
        ("[pi3]\nenable_uart=1\n[pi4]\ndtoverlay=disable-bt\n", False),
        ("[pi3]\nenable_uart=1\ndtoverlay=disable-bt\n", False),
        ("[none]\n[pi4]\nenable_uart=1\ndtoverlay=disable-bt\n", False),
        ("[gpio4=1]\nenable_uart=1\ndtoverlay=disable-bt\n", False),
        ("enable_uart=1\ndtoverlay=disable-bt\nenable_uart=0\n", False),
        ("#enable_uart=1\ndtoverlay=disable-bt\n", False),
        ("enable_uart=1\ndtoverlay=disable-bt-not\n", False),
    ],
)
def test_what_a_person_set_is_seen_where_it_counts(text: str, complete: bool) -> None:
    assert (with_uart(text, [Model.PI_4]) == text) is complete


@pytest.mark.parametrize(
    "text", ["", "a=1", "a=1\r\nb=2\r\n", "[pi3]\nenable_uart=1", "\ufeff[pi4]\na=1\n", "[none]\n[gpio4=1]\n"]
)
def test_odd_files_keep_every_line_and_their_line_ends(text: str) -> None:
    after = with_uart(text, [Model.PI_4])
    assert after.startswith(text)
    assert set(UART[Model.PI_4]) <= set(effective(after, Model.PI_4))
    assert with_uart(after, [Model.PI_4]) == after
    if "\r\n" in text:
        assert "\n" not in after.replace("\r\n", "")


@given(st.text(alphabet=st.sampled_from("[]#=,\r\n abentpiu014_dov-l\x85\u2028")), st.sampled_from(Model))
def test_whatever_stood_there_stays_and_the_uart_is_there(text: str, model: Model) -> None:
    after = with_uart(text, [model])
    assert after.startswith(text)
    assert with_uart(after, [model]) == after
