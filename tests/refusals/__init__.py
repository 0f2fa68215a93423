"""Everything that ends a sale before the card, made to happen at a counter of real processes."""
