"""Looking inside: takes a message, a card's answer, a data object list or a merchant number apart and explains it."""
