"""Who may look at the fleet and who may change it, and who did."""
