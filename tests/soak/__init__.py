"""The soak: a till goes on asking while the parts behind it are killed; every number has to arrive once, in order."""
