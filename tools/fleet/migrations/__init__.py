"""The changes from one version of the store to the next, in order."""
