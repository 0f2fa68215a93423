"""A whole counter on this machine, each part a process of its own: broker, backend, acquirer, virtual board, agent.

The demonstration, the tests and the benchmarks stand on it.
"""
