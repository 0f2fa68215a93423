"""The fleet's dashboard: what is wrong, where, since when, why, and what to do about it."""
