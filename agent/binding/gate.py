"""The gate: before each transaction it proves the binding, or refuses. Nothing is asked of the card before it allows.

The order is fixed and is the order of `reasons.REFUSALS`: the terminal's own state, the store, the signature, the
record, whose it is, its version, its validity, the circumstances, then what the till asks for.
"""

from agent.binding import reasons
from agent.binding.history import History
from agent.binding.identifiers import mid_follows_pattern
from agent.binding.ports import BindingStore, HighWater, Host, Keys, Space, Stored, Tamper
from agent.binding.record import Binding, parse
from agent.canonical import encode
from agent.clock import SYNCED, Clock, is_before
from agent.errors import BindingError, CanonicalError, StoreError
from agent.keys.key_set import BINDING_SIGNER, REVOKED
from agent.lifecycle import LOCKED, RETIRED, SUSPENDED, TAMPERED, UNPROVISIONED

# Processing request 6 in a message's header: the host wants new parameters loaded before the next sale.
_DOWNLOAD_PARAMETERS = 6

_LIFECYCLE_REFUSALS = {
    TAMPERED: reasons.LIFECYCLE_TAMPERED,
    SUSPENDED: reasons.LIFECYCLE_SUSPENDED,
    LOCKED: reasons.LIFECYCLE_LOCKED,
    RETIRED: reasons.LIFECYCLE_RETIRED,
}


class Request:
    """What a till asks the gate: `amount` in minor units, `currency` (ISO 4217 digits), the till's `merchant` or ""."""

    def __init__(self, amount: int, currency: str, merchant: str = "") -> None:
        self.amount = amount
        self.currency = currency
        self.merchant = merchant


class Verdict:
    """The gate's answer. `binding` is the proven one where it allows, and None where it refuses.

    `reason` is the refusal's code, `detail` what was found, `warnings` codes, `digest` names the bytes that were read.
    """

    def __init__(self) -> None:
        self.reason = ""
        self.detail = ""
        self.warnings: list[str] = []
        self.binding: Binding | None = None
        self.digest = ""

    @property
    def allowed(self) -> bool:
        """Whether the transaction may start."""
        return self.binding is not None

    def refuse(self, reason: str, detail: str) -> None:
        """Turn this into a refusal."""
        self.reason = reason
        self.detail = detail
        self.binding = None


class Policy:
    """What the gate refuses beyond the binding itself.

    `reserve_kib`: disk space below which no sale starts, so that reversals and events can still be written.
    `most_switches` of merchant or terminal number within `switch_days` days; more are a known cause of jumps.
    `margin_days`: how long before its end a binding ends for a clock that nobody has set since boot.
    """

    def __init__(self, reserve_kib: int, most_switches: int, switch_days: int, margin_days: int) -> None:
        self.reserve_kib = reserve_kib
        self.most_switches = most_switches
        self.switch_days = switch_days
        self.margin_days = margin_days


class _RefusedError(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class Gate:
    """Proves the binding anew for each transaction: the file is read and hashed every time.

    Only the result of parsing and of the signature check is kept, under the hash of the very bytes it was made from and
    the version of the key set that it was proven by.
    """

    def __init__(
        self,
        serial: str,
        store: BindingStore,
        high_water: HighWater,
        keys: Keys,
        tamper: Tamper,
        clock: Clock,
        history: History,
        space: Space,
        host: Host,
        policy: Policy,
    ) -> None:
        self.serial = serial
        self.store = store
        self.high_water = high_water
        self.keys = keys
        self.tamper = tamper
        self.clock = clock
        self.history = history
        self.space = space
        self.host = host
        self.policy = policy
        # A new binding is being tried at the acquirer: nothing is sold under either meanwhile.
        self.on_trial = False
        self._proven: "tuple[str, int, Binding] | None" = None

    def check(self, request: "Request | None", lifecycle: str) -> Verdict:
        """Allow or refuse `request` in the state `lifecycle`; with None, whether any request would be allowed."""
        verdict = Verdict()
        try:
            self._refuse_state(lifecycle)
            self._prove(verdict)
            self._refuse_circumstances()
            if request is not None:
                self._refuse_request(request, verdict)
        except _RefusedError as refusal:
            verdict.refuse(refusal.reason, refusal.detail)
        if verdict.reason == reasons.BINDING_MISSING and lifecycle == UNPROVISIONED:
            verdict.reason = reasons.LIFECYCLE_UNPROVISIONED  # there never was one: nobody took it away
        return verdict

    def prove(self) -> Verdict:
        """Prove the binding alone, whatever the lifecycle and without a request: for the start, sign-on and reports."""
        verdict = Verdict()
        try:
            self._prove(verdict)
        except _RefusedError as refusal:
            verdict.refuse(refusal.reason, refusal.detail)
        return verdict

    def _refuse_state(self, lifecycle: str) -> None:
        if lifecycle in _LIFECYCLE_REFUSALS:
            raise _RefusedError(_LIFECYCLE_REFUSALS[lifecycle])
        if self.tamper.tampered:
            raise _RefusedError(reasons.TAMPER_OPEN)
        if self.on_trial:
            raise _RefusedError(reasons.BINDING_ON_TRIAL)
        free = self.space.free_kib()
        if free < self.policy.reserve_kib:
            raise _RefusedError(reasons.JOURNAL_SPACE, "{} KiB < {} KiB".format(free, self.policy.reserve_kib))

    def _prove(self, verdict: Verdict) -> None:
        try:
            stored = self.store.read()
        except StoreError as error:
            raise _RefusedError(error.code, str(error))
        if stored is None:
            raise _RefusedError(reasons.BINDING_MISSING)
        binding = self._parsed(stored)
        verdict.binding = binding
        verdict.digest = stored.digest
        if binding.serial != self.serial:
            raise _RefusedError(reasons.BINDING_SERIAL_OTHER, binding.serial)
        self._compare_version(binding, verdict)
        self._compare_validity(binding, verdict)
        if not mid_follows_pattern(binding.mid, binding.mcc):
            verdict.warnings.append(reasons.MID_PATTERN)

    def _parsed(self, stored: Stored) -> Binding:
        version = self.keys.version
        if self._proven is not None and self._proven[:2] == (stored.digest, version):
            return self._proven[2]
        try:
            signed = encode(stored.document)
        except CanonicalError as error:
            raise _RefusedError(reasons.BINDING_MALFORMED, str(error))
        right = self.keys.verify(BINDING_SIGNER, stored.key_id, stored.signature, signed)
        if right is None:
            revoked = self.keys.standing(BINDING_SIGNER, stored.key_id) == REVOKED
            raise _RefusedError(reasons.BINDING_KEY_REVOKED if revoked else reasons.BINDING_KEY_UNKNOWN, stored.key_id)
        if not right:
            raise _RefusedError(reasons.BINDING_SIGNATURE_BAD, stored.key_id)
        try:
            binding = parse(stored.document)
        except BindingError as error:
            raise _RefusedError(reasons.BINDING_MALFORMED, str(error))
        if not self.clock.knows(binding.timezone):
            raise _RefusedError(reasons.BINDING_MALFORMED, "unknown time zone {}".format(binding.timezone))
        self._proven = (stored.digest, version, binding)
        return binding

    def _compare_version(self, binding: Binding, verdict: Verdict) -> None:
        try:
            mark = self.high_water.read()
        except StoreError as error:
            raise _RefusedError(error.code, str(error))
        if mark is None:
            raise _RefusedError(reasons.HIGH_WATER_MISSING)
        known = self.history.version
        if mark < known:
            raise _RefusedError(reasons.HIGH_WATER_FELL, "{} < {}".format(mark, known))
        if binding.version < mark:
            raise _RefusedError(reasons.BINDING_VERSION_OLDER, "{} < {}".format(binding.version, mark))
        if binding.version > mark:
            # The power went between the commit of the store and that of the mark: the signed record stands.
            verdict.warnings.append(reasons.HIGH_WATER_BEHIND)

    def _compare_validity(self, binding: Binding, verdict: Verdict) -> None:
        now = self.clock.utc()
        if self.clock.state() != SYNCED:
            self._doubt_clock(now, binding)
            verdict.warnings.append(reasons.CLOCK_UNSYNCED)
        if is_before(now, binding.valid_from):
            raise _RefusedError(reasons.BINDING_NOT_YET_VALID, binding.valid_from)
        if not is_before(now, binding.valid_to):
            raise _RefusedError(reasons.BINDING_EXPIRED, binding.valid_to)

    def _doubt_clock(self, now: str, binding: Binding) -> None:
        """Refuse where a clock that nobody set since boot is known to be wrong, or too coarse for what is left."""
        floor = self.history.floor
        if floor and is_before(now, floor):
            raise _RefusedError(reasons.CLOCK_UNTRUSTED, "before {}".format(floor))
        later = self.clock.utc(self.policy.margin_days)
        if is_before(now, binding.valid_to) and not is_before(later, binding.valid_to):
            raise _RefusedError(reasons.CLOCK_UNTRUSTED, "the binding ends {}".format(binding.valid_to))

    def _refuse_circumstances(self) -> None:
        since = self.clock.utc(-self.policy.switch_days)
        switches = self.history.switches_since(since)
        if switches > self.policy.most_switches:
            raise _RefusedError(reasons.MERCHANT_SWITCHES, "{} since {}".format(switches, since))
        if self.host.host_request == _DOWNLOAD_PARAMETERS:
            raise _RefusedError(reasons.PARAMETERS_DUE)

    def _refuse_request(self, request: Request, verdict: Verdict) -> None:
        binding = verdict.binding
        assert binding is not None
        if request.merchant and request.merchant != binding.mid:
            raise _RefusedError(reasons.MERCHANT_OTHER, request.merchant)
        if request.currency != binding.currency:
            raise _RefusedError(reasons.CURRENCY_OTHER, request.currency)
        if request.amount > binding.limit:
            raise _RefusedError(reasons.AMOUNT_OVER_LIMIT, "{} > {}".format(request.amount, binding.limit))
