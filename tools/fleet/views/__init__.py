"""What people ask of the store: pages, REST API and command line ask the same."""
