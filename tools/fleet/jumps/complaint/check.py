"""Checks the journal entries of a complaint, with nothing but Python: run it beside `entries.jsonl`.

Each line is one entry, exactly the bytes that were hashed. An entry names the SHA-256 of the one before in `previous`.
`hashes.txt` lists every entry with its hash, those that are withheld as well. `acknowledgement.json` names the hash of
the entry up to which the operator's backend acknowledged the journal.
"""

import hashlib
import json
import sys
from pathlib import Path


def check(folder: Path) -> list[str]:
    """What is wrong with the entries in `folder`; nothing when they are what was hashed and follow each other."""
    wrong = []
    hashes = {}
    for listed in (folder / "hashes.txt").read_text("ascii").splitlines():
        number, digest = listed.split()[:2]
        hashes[int(number)] = digest
    for line in (folder / "entries.jsonl").read_bytes().splitlines():
        entry = json.loads(line)
        sequence = entry["sequence"]
        if hashlib.sha256(line).hexdigest() != hashes.get(sequence):
            wrong.append(f"entry {sequence} is not the one that was hashed")
        if hashes.get(sequence - 1, entry["previous"]) != entry["previous"]:
            wrong.append(f"entry {sequence} does not follow the one before")
    places = sorted(hashes)
    if places != list(range(places[0], places[-1] + 1)):
        wrong.append("entries are missing in between")
    acknowledged = folder / "acknowledgement.json"
    if acknowledged.is_file():
        said = json.loads(acknowledged.read_text("utf-8"))
        if said["sequence"] in hashes and hashes[said["sequence"]] != said["head_hash"]:
            wrong.append("the acknowledgement names another entry")
    return wrong


if __name__ == "__main__":
    found = check(Path(__file__).parent)
    print("\n".join(found) or "The entries are what was hashed, and follow each other.")
    sys.exit(bool(found))
