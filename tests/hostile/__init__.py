"""Bad input at a whole counter: it is named, the terminal sells on, and no card data is written anywhere."""
