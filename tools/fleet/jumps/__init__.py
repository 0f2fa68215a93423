"""Merchant jumps: what was expected and what was seen, why, and how far somebody has got with it."""
