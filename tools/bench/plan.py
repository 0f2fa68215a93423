"""How much is measured: each count follows from the number of sales, so that a small number makes a quick bench."""

from dataclasses import dataclass

SALES = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """The counts for a bench whose fsyncs are counted over `sales` sales."""

    sales: int = SALES

    @property
    def timed_sales(self) -> int:
        """Sales whose parts are timed."""
        return min(self.sales, 300)

    @property
    def gate_checks(self) -> int:
        """Checks of the gate in a row."""
        return 5 * self.sales

    @property
    def taps(self) -> int:
        """Taps of each kind on each reader."""
        return max(1, min(20, self.sales // 50))

    @property
    def starts(self) -> int:
        """Starts of the agent."""
        return max(1, min(7, self.sales // 100))

    @property
    def idle_s(self) -> float:
        """Seconds over which idling is watched."""
        return max(0.5, min(10.0, self.sales / 100))
