"""The configuration of the fleet's brokers: who may come in, and what each may say and hear."""
