"""The settings of one terminal: a file here for each section, `sections.py` for all of them, `file.py` that reads them.

Every key says beside its type what it means, its unit, and why its default is what it is; `jumpguard settings explain`
shows that. A key without a default is required.
"""
