"""The terminal's durable, hash-chained record: what an entry is, and what the core needs of a journal."""
