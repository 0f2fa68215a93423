"""A new binding from afar: proven, tried at the acquirer, then committed; or the old one stays."""

import asyncio
import binascii

from agent.backoff import Backoff
from agent.binding import reasons
from agent.binding.gate import Gate
from agent.binding.install import prove
from agent.binding.ports import BindingStore, HighWater, Keys
from agent.binding.record import Binding
from agent.binding.take_up import take_up
from agent.canonical import encode, sha256_hex
from agent.clock import SYNCED, Clock, is_before
from agent.errors import BindingError, StoreError
from agent.lifecycle import Lifecycle
from agent.sale.counter import Counter
from agent.sale.outcome import ACQUIRER_UNREACHABLE

# An acquirer that does not answer at once may be restarting.
_ATTEMPTS = 3
_BETWEEN_ATTEMPTS_S = 2.0
# One that stays away is asked again between waits that grow to half an hour; meanwhile the old binding is in force.
_AWAY_BASE_MS = 30_000
_AWAY_CAP_MS = 1_800_000


class Candidate:
    """A binding that may be taken into the store, with its signature."""

    def __init__(self, binding: Binding, key_id: str, signature: bytes) -> None:
        self.binding = binding
        self.key_id = key_id
        self.signature = signature
        self.digest = sha256_hex(binding.canonical())


class Trial:
    """Changes the binding of this terminal between two sales."""

    def __init__(
        self,
        gate: Gate,
        store: BindingStore,
        high_water: HighWater,
        keys: Keys,
        lifecycle: Lifecycle,
        counter: Counter,
        clock: Clock,
    ) -> None:
        self.gate = gate
        self.store = store
        self.high_water = high_water
        self.keys = keys
        self.lifecycle = lifecycle
        self.counter = counter
        self.clock = clock
        self.between_attempts_s = _BETWEEN_ATTEMPTS_S
        self.backoff = Backoff(_AWAY_BASE_MS, _AWAY_CAP_MS)

    def in_force(self) -> "tuple[int, str]":
        """Version and digest of the binding that is proven now; 0 and "" when none is."""
        binding = self.gate.prove().binding
        return (0, "") if binding is None else (binding.version, sha256_hex(binding.canonical()))

    def candidate(self, signed: object) -> "Candidate | None":
        """The binding that `signed` holds; None when it is the one in force.

        Raises BindingError with the code of why it cannot be taken, StoreError when that cannot be told.
        """
        document, key_id, signature = _parts(signed)  # canonical: the signature of the whole was checked over it
        if sha256_hex(encode(document)) == self.in_force()[1]:
            return None
        binding = prove(document, key_id, signature, self.gate.serial, self.store, self.high_water, self.keys)
        if not self.clock.knows(binding.timezone):
            raise BindingError("binding.timezone: {!r} is unknown here".format(binding.timezone))
        if self.clock.state() == SYNCED:
            self.check_validity(binding)
        return Candidate(binding, key_id, signature)

    def check_validity(self, binding: Binding) -> None:
        """Raises BindingError with its code when `binding` is not valid at the time of the clock, which is set."""
        now = self.clock.utc()
        if is_before(now, binding.valid_from):
            raise BindingError("binding.valid_from: {}".format(binding.valid_from), reasons.BINDING_NOT_YET_VALID)
        if not is_before(now, binding.valid_to):
            raise BindingError("binding.valid_to: {}".format(binding.valid_to), reasons.BINDING_EXPIRED)

    async def free(self) -> bool:
        """Whether it could begin now: no sale runs, and no reversal is still to be sent under the old binding.

        And the clock is set, which is soon after a start: without it a binding's validity cannot be told. When it
        returns True nothing can be sold any more, until `end`.
        """
        due = await self.counter.reversals.due()
        if due or self.counter.busy or self.clock.state() != SYNCED:
            return False
        self.gate.on_trial = True
        return True

    async def try_out(self, candidate: Candidate) -> str:
        """Sign on under the candidate; "" when the acquirer takes this terminal for its merchant, else why not."""
        code = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(self.between_attempts_s)
            async with self.counter.conversation:
                code = await self.counter.sign_on.ensure(candidate.binding, candidate.digest)
                # Whatever binding is in force then: the next sale signs on under it.
                self.counter.sign_on.forget()
            if code != ACQUIRER_UNREACHABLE:
                break
        return code

    async def commit(self, candidate: Candidate) -> None:
        """Put the candidate in force. Raises StoreError when the old one stands, JournalError."""
        try:
            self.store.write(candidate.binding.document, candidate.key_id, candidate.signature)
        except StoreError:
            # The disk may have taken it and failed only behind that: what stands decides.
            if self.in_force()[1] != candidate.digest:
                raise
        if self.high_water.read() is None:
            self.high_water.advance(candidate.binding.version)  # the first one: nothing is proven without a mark
        await take_up(self.gate, self.high_water, self.lifecycle, self.counter.journal)

    def end(self) -> None:
        """Sell again, under whatever is in force."""
        self.gate.on_trial = False


def _parts(signed: object) -> "tuple[dict[str, object], str, bytes]":
    if isinstance(signed, dict) and sorted(signed) == ["document", "key_id", "signature"]:
        document, key_id, signature = signed["document"], signed["key_id"], signed["signature"]
        if isinstance(document, dict) and isinstance(key_id, str) and isinstance(signature, str):
            try:
                return document, key_id, binascii.unhexlify(signature)
            except (ValueError, RuntimeError):
                pass
    raise BindingError("binding: no signed binding of document, key_id and signature")
