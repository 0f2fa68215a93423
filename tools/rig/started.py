"""What a `with` starts, and ends whatever happens."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Started(ABC):
    """Runs from the beginning of a `with` to its end; a start that fails half-way ends what it had begun."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @abstractmethod
    def start(self) -> None:
        """Start all of it."""

    @abstractmethod
    def stop(self) -> None:
        """End what was started; harmless for what was not."""
