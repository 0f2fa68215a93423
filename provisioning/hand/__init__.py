"""The hand: what of an installation, or of later work, is done on the terminal itself.

`python -m provisioning.hand` answers one JSON object a line (`requests.py`). Whoever asks is elsewhere: the
technician's side (`provisioning.install`), which starts it as a process of this machine or over SSH. Until it was told
to commit, and has written that down, every way in which it can end puts the terminal back as it was (`ledger.py`,
`guard.py`).
"""
