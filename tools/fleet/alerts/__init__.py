"""Alerts: one for each terminal and kind of trouble, which an operator acknowledges, assigns and sees end."""
