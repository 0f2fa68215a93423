"""The fleet backend's seed: it takes the terminals' events from the broker, stores them and says so, signed."""
