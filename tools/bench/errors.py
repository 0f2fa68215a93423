"""Errors of the benchmarks."""

from tools.errors import ToolError


class BenchError(ToolError):
    """A figure could not be measured."""
