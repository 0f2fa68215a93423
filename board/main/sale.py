"""The sale: the gate before it, the card, the acquirer, and the counter that leads through all of them."""

from pathlib import Path

from agent.adapters.iso8583 import Iso8583Acquirer, Secret
from agent.backoff import Backoff
from agent.binding.gate import Gate, Policy
from agent.binding.history import History
from agent.binding.ports import Host
from agent.card.session import CardSession
from agent.sale.counter import Counter
from agent.sale.exchange import Exchange
from agent.sale.same_card import SameCard
from agent.sale.sign_on import SignOn
from agent.sale.traces import Traces
from board.errors import SettingsError
from board.main.hardware import Hardware
from board.main.state import State
from board.private_file import secret
from board.settings.acquirer import AcquirerSettings
from board.settings.gate import GateSettings
from board.settings.sections import Settings


class Sale:
    """The parts that take a payment."""

    def __init__(self, settings: Settings, state: State, hardware: Hardware) -> None:
        self.acquirer = _acquirer(settings.acquirer)
        self.gate = gate(settings, state, hardware, self.acquirer)
        self.cards = CardSession(
            hardware.reader,
            hardware.lights,
            state.clock,
            settings.terminal.serial,
            settings.reader.card_timeout_ms,
        )
        self.counter = self._counter(settings, state, hardware)

    def _counter(self, settings: Settings, state: State, hardware: Hardware) -> Counter:
        acquirer = settings.acquirer
        traces = Traces()
        sign_on = SignOn(self.acquirer, state.journal, traces, acquirer.answer_timeout_ms)
        self.exchange = Exchange(self.acquirer, state.journal, state.clock, sign_on, acquirer.answer_timeout_ms)
        return Counter(
            self.gate,
            state.lifecycle,
            self.cards,
            hardware.lights,
            state.clock,
            state.journal,
            self.exchange,
            sign_on,
            traces,
            SameCard(
                state.journal,
                state.clock,
                hardware.machine.boot_id,
                settings.sale.same_card,
                settings.sale.same_card_period_s,
            ),
            Backoff(acquirer.repeat_base_ms, acquirer.repeat_cap_ms),
        )


def gate(settings: Settings, state: State, hardware: Hardware, host: Host) -> Gate:
    """The gate of the terminal before `host`, the acquirer's."""
    return Gate(
        settings.terminal.serial,
        state.store,
        state.high_water,
        state.keys,
        hardware.inputs,
        state.clock,
        History(state.journal, state.clock),
        state.machine_vitals,
        host,
        _policy(settings.gate),
    )


def _policy(settings: GateSettings) -> Policy:
    return Policy(
        reserve_kib=settings.reserve_kib,
        most_switches=settings.most_switches,
        switch_days=settings.switch_days,
        margin_days=settings.margin_days,
    )


def _acquirer(settings: AcquirerSettings) -> Iso8583Acquirer:
    tmk = Secret(_key(settings.tmk_file))
    return Iso8583Acquirer(settings.host, settings.port, settings.tpdu, tmk, settings.connect_timeout_ms)


def _key(path: Path) -> bytes:
    text = secret(path, "terminal master key")
    try:
        return bytes.fromhex(text)
    except ValueError:
        # Without `from`: the cause would quote what stands in the file.
        raise SettingsError(f"{path}: the terminal master key is not hexadecimal") from None
