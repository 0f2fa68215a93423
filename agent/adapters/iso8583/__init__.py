"""The acquirer over TCP: ISO 8583:1987 in the layout of UnionPay POS terminals.

One file a layer: `layout` (data elements), `codec` (messages to bytes and back), `mac`, `keys`, `frame` (length, TPDU,
header), `connection` (TCP), `client` (the core's Acquirer port).
"""

from agent.adapters.iso8583.client import Iso8583Acquirer
from agent.adapters.iso8583.keys import Secret

__all__ = ["Iso8583Acquirer", "Secret"]
