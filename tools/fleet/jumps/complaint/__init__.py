"""A jump as a complaint to the acquirer: a letter, the journal entries behind it, and how others check them."""
