"""The demonstration: a whole counter of separate processes plays its main scenes, and what it shows is looked up.

What a step reports as observed is read from the acquirer's ledger, the terminal's journal, the virtual board and the
backend's store, never from the agent's own word.
"""
