"""The fleet contract: `asyncapi.yaml` is its source of truth, and the modules here hold messages against it."""
