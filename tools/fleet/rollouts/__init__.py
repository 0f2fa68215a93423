"""Roll-outs: one order for many terminals, first for a few, and on only as long as those stay well."""
