"""A service manager for tests: `systemctl show UNIT`, told by the file `units.json` beside this one's copy."""

import json
import sys
from pathlib import Path

if __name__ == "__main__":
    units = json.loads(Path(sys.argv[0]).with_name("units.json").read_text())
    name = sys.argv[2]
    for key, value in {**units["default"], **units.get(name, {})}.items():
        print(f"{key}={value}")
