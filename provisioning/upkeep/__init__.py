"""What is done to a terminal that was installed before: change, clear, retire, replace.

Each goes over the same hand and ledger as an installation (`provisioning.hand`, `provisioning.install`).
"""
