"""The doctor: everything about a terminal that can be looked at at any time, beside the running service.

Nothing is changed and no payment is made. What the service holds (reader, lights, journal) is asked of the service, or
read beside it; of the device itself only where no service runs.
"""
