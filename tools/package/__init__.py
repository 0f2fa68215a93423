"""The Debian package of a terminal: one file for each release of Debian and each architecture, `make deb`."""
