"""What the terminal keeps over a power cut, with what vouches for it: keys, clock, and the machine's boot and disk."""

from agent.adapters.binding_store import HighWaterFile, TinyBindingStore
from agent.adapters.sqlite_journal import SqliteJournal
from agent.adapters.system_clock import SystemClock
from agent.adapters.trusted_keys import TrustedKeys
from agent.lifecycle import Lifecycle
from board.settings.sections import Settings
from board.vitals import Vitals as MachineVitals

MERCHANT_FILE = "merchant.json"
HIGH_WATER_FILE = "high_water.json"
JOURNAL_FILE = "journal.sqlite"
KEYS_FILE = "keys.json"


class State:
    """The binding and its high-water mark, the keys that prove it, and the journal with what it stamps entries by."""

    def __init__(self, settings: Settings) -> None:
        state, machine = settings.terminal.state_dir, settings.machine
        self.clock = SystemClock(machine.clock_mark)
        self.machine_vitals = MachineVitals(state, machine.proc, machine.sys)
        trust = settings.trust
        self.keys = TrustedKeys(trust.keys_file, state / KEYS_FILE, trust.root_public, settings.terminal.fleet)
        self.high_water = HighWaterFile(state / HIGH_WATER_FILE)
        self.store = TinyBindingStore(state / MERCHANT_FILE)
        self.journal = SqliteJournal(state / JOURNAL_FILE, self.clock, self.machine_vitals.boot_id())
        self.lifecycle = Lifecycle(self.journal)
