"""The repository that releases are published in: static files (The Update Framework), which any web server serves."""
