"""The technician's side of an installation: from a signed binding and a blank terminal to a first verified sale.

`Installation` (`installation.py`) does one, step by step, and tells of each as it goes; it prints nothing and asks
through a `Person`, so that many can run in one process. It reaches the terminal by a `Reach`: a process of this machine
(`here.py`) or over SSH (`over_ssh.py`).
"""
