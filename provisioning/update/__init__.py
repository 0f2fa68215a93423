"""Puts releases into slots, as root: fetched from a repository of The Update Framework (TUF), proven, unpacked.

It believes what the repository's keys have signed and nothing else; of a terminal's request it takes the version.
`board.slots` says how a release is tried, and what lies where.
"""
