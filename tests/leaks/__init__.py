"""The search for card data in whatever the system wrote: files, databases, logs, messages, crash dumps."""
