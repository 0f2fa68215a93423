"""The hand-over sheet: what was installed, tried and found, on one page that merchant and technician sign."""
