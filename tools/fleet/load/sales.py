"""The stories of sales: each leaves the entries that the real agent's sale leaves, in its order."""

import random
from collections.abc import Sequence
from datetime import datetime

from agent.canonical import sha256_hex
from agent.jump.match import ABSENT, DIFFERENT, SAME, Match
from agent.sale import kinds, outcome
from agent.sale.judge import jump_detected
from agent.sale.reversals import queued
from tools.fleet.load.clocks import ZONE
from tools.fleet.load.steps import Step, Story, written
from tools.fleet.load.who import ACQUIRERS, Who

# What a jump is of: each field alone, and those that go together.
JUMPED_FIELDS: tuple[tuple[str, ...], ...] = (
    ("acquirer",), ("mid",), ("tid",), ("name",), ("currency",), ("mid", "name"), ("mid", "tid", "name"),
    ("acquirer", "mid", "tid", "name"),
)  # fmt: skip
_SCHEMES = (("UnionPay", "621700******1234"), ("UnionPay", "622848******7785"), ("Visa", "476173******0119"))
_DECLINES = ("51", "55", "61", "05", "54", "91")
_LEAST_FEN, _MOST_FEN = 100, 99_999_00
# The middle amount of a sale in fen, by the hour of the merchant's day: breakfast, lunch, dinner, and little at night.
_MIDDLE_FEN = (
    2_000, 1_500, 1_500, 1_500, 1_500, 900, 900, 1_200, 1_400, 2_500, 3_000, 4_500,
    4_800, 3_500, 3_000, 3_000, 4_000, 6_500, 9_000, 8_500, 6_500, 5_000, 3_500, 2_500,
)  # fmt: skip


class Sale:
    """One sale of `who` that begins at `local`, in the merchant's zone; `draw` decides its details."""

    def __init__(self, who: Who, draw: random.Random, local: datetime) -> None:
        self._who = who
        self._draw = draw
        self._local = local
        self.name = f"s{draw.getrandbits(64):016x}"
        self._amount = amount(draw, local.hour)

    def approved(self) -> Story:
        """All well."""
        return [
            self._authorising(),
            self._answered(outcome.APPROVED, "00"),
            self._finished(outcome.APPROVED, "00"),
        ]

    def declined(self) -> Story:
        """The acquirer says no."""
        code = self._draw.choice(_DECLINES)
        return [
            self._authorising(),
            self._answered(outcome.DECLINED, code),
            self._finished(outcome.DECLINED, code),
        ]

    def unknown(self) -> Story:
        """No answer comes, and the charge is reversed; now and then nobody answers that either."""
        return [
            self._authorising(),
            written(8.0, kinds.SALE_UNKNOWN, sale=self.name, why="acquirer: no answer within 8000 ms"),
            Step(0.0, queued(self.name, "98")),
            self._finished(outcome.UNKNOWN, outcome.NO_ANSWER),
            *self._reversed(),
        ]

    def unproven(self) -> Story:
        """The answer does not say under which merchant: it is reversed."""
        return [
            self._authorising(),
            self._answered(outcome.UNPROVEN, "00", outcome.MERCHANT_UNPROVEN, absent=("mid",)),
            Step(0.0, queued(self.name, "06")),
            self._finished(outcome.UNPROVEN, outcome.MERCHANT_UNPROVEN),
            *self._reversed(),
        ]

    def jumped(self, fields: Sequence[str]) -> Story:
        """The answer names others than the binding in `fields`; a name alone moves no money and is only told."""
        found = jump(self._who, self._draw, fields)
        reverses = found.reverses
        result, code = (outcome.JUMPED, outcome.MERCHANT_JUMP) if reverses else (outcome.APPROVED, "00")
        return [
            self._authorising(),
            self._answered(result, "00", code, found=found),
            Step(0.0, jump_detected(self.name, "answer", found)),
            *([Step(0.0, queued(self.name, "06"))] if reverses else []),
            self._finished(result, code),
            *(self._reversed() if reverses else []),
        ]

    def refused(self, code: str) -> Story:
        """The gate says no, for the reason `code`."""
        asked = self._asked()
        return [written(0.0, kinds.GATE_REFUSED, **asked, result=outcome.REFUSED, code=code, detail="", warnings=[])]

    def failed(self, code: str) -> Story:
        """Nothing is sent, for the reason `code`."""
        return [written(0.0, kinds.SALE_FAILED, **self._asked(), result=outcome.FAILED, code=code, detail="")]

    def _asked(self) -> dict[str, object]:
        return {
            "sale": self.name,
            "till": f"T{self._draw.randrange(10**9):09d}",
            "request": sha256_hex(self.name.encode()),
            "amount": self._amount,
            "currency": "156",
        }

    def _authorising(self) -> Step:
        scheme, card = self._draw.choice(_SCHEMES)
        who = self._who
        return written(
            0.0,
            kinds.SALE_AUTHORISING,
            **self._asked(),
            trace=f"{self._draw.randrange(1, 999_999):06d}",
            batch="000001",
            acquirer=who.acquirer,
            mid=who.mid,
            tid=who.tid,
            merchant=who.merchant,
            timezone=ZONE,
            local_time=self._local.strftime("%Y%m%d%H%M%S"),
            binding_version=1,
            binding_digest=sha256_hex(who.mid.encode()),
            card=card,
            scheme=scheme,
            warnings=[],
        )

    def _answered(
        self, judgement: str, code: str, why: str = "", found: Match | None = None, absent: Sequence[str] = ()
    ) -> Step:
        found = found or _match(self._who, {}, absent)
        approved = code == "00"
        return written(
            self._draw.uniform(0.2, 1.8),
            kinds.SALE_ANSWERED,
            sale=self.name,
            judgement=judgement,
            judgement_code=why or code,
            response_code=code,
            approval_code=f"{self._draw.randrange(10**6):06d}" if approved else "",
            reference=f"{self._draw.randrange(10**12):012d}",
            host_time=self._local.strftime("%m%d%H%M%S"),
            match=found.result,
            observed=found.observed,
        )

    def _finished(self, result: str, code: str) -> Step:
        return written(0.02, kinds.SALE_FINISHED, sale=self.name, result=result, code=code)

    def _reversed(self) -> Story:
        """Settled at an attempt of three, or on the list of the unresolved."""
        failures, steps = self._draw.choices((0, 1, 2, 3), (80, 12, 5, 3))[0], Story()
        for attempt in range(1, failures + 1):
            kind = kinds.REVERSAL_UNRESOLVED if attempt == 3 else kinds.REVERSAL_REPEATED
            steps.append(written(3.0, kind, sale=self.name, attempt=attempt, why="acquirer: no answer within 8000 ms"))
        if failures < 3:
            settled = {
                "sale": self.name,
                "response_code": self._draw.choice(("00", "00", "25")),
                "attempt": failures + 1,
            }
            steps.append(written(0.8, kinds.REVERSAL_SETTLED, **settled))
        return steps


def jump(who: Who, draw: random.Random, fields: Sequence[str]) -> Match:
    """What the match finds where `fields` name others than the binding of `who`."""
    others = {
        "acquirer": draw.choice([code for code in ACQUIRERS if code != who.acquirer]),
        "mid": f"{who.mid[:-4]}{(int(who.mid[-4:]) + draw.randrange(1, 9_999)) % 10_000:04d}",
        "tid": f"{(int(who.tid) + draw.randrange(1, 10**6)) % 10**8:08d}",
        "name": f"{who.merchant[:2]}{draw.choice(('商贸行', '信息咨询', ' Trading', ' Consulting'))}",
        "currency": draw.choice(("344", "840")),
    }
    return _match(who, {field: others[field] for field in fields}, ())


def _match(who: Who, others: dict[str, str], absent: Sequence[str]) -> Match:
    observed = {field: value for field, value in {**who.bound, **others}.items() if field not in absent}
    result = {field: ABSENT if field in absent else DIFFERENT if field in others else SAME for field in who.bound}
    return Match(who.bound, observed, result, bool(others.keys() - {"name"}))


def amount(draw: random.Random, hour: int) -> int:
    """An amount in fen, as is usual at `hour` of the merchant's day: many are round, few are large."""
    drawn = int(_MIDDLE_FEN[hour] * draw.lognormvariate(0, 0.8))
    return min(_MOST_FEN, max(_LEAST_FEN, drawn - drawn % draw.choice((1, 10, 100, 100))))
