"""Batches: tables of terminals, checked, installed side by side, cut off and gone on with."""
