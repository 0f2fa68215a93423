"""One sale as a test of faults sees it."""

from board.virtual.client import BoardClient
from provisioning.till import Till


def sell(board: BoardClient, till: Till, name: str) -> str:
    """Sell to a customer who taps; `Success`, or the code of why not."""
    board.tap("unionpay")
    # Another amount for each name: the same card with the same amount would be warned of.
    answer = till.pay(name, f"{1 + sum(name.encode()) % 90}.80")["Response"]
    board.remove()
    return str(answer["Result"] if answer["Result"] == "Success" else answer["AdditionalResponse"])
