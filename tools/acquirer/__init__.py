"""A simulated acquirer: a process that signs terminals on, books sales, reverses them, and misbehaves when told to.

It shares no codec, MAC or key handling with `agent/`: the same bug must not agree with itself. Its ledger
(`DIR/ledger.sqlite`) is what a test or a demonstration trusts about money.
"""
