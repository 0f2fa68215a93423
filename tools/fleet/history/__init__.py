"""What the fleet did: what is known of each terminal, its sales, its connections, and its vitals over time."""
