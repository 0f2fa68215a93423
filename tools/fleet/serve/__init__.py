"""The fleet's desk in one command: broker, backend and dashboard."""
