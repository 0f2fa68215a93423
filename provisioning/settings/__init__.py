"""The settings of a terminal, looked at from a desk: what there is to set, what a file sets, what is wrong with it."""
