"""The files of cloud-init for a card's first boot: `user-data`, `meta-data`, `network-config` on the boot partition.

Raspberry Pi OS looks for them there (99_raspberry-pi.cfg: NoCloud, seedfrom file:///boot/firmware). They are YAML, and
JSON is YAML. Keys that only Raspberry Pi OS has are not used.
"""

import hashlib
import json

from provisioning.pi.first_boot import BOOT, SCRIPT
from provisioning.pi.identity import Identity
from provisioning.pi.wifi import Wifi

USER_DATA = "user-data"
META_DATA = "meta-data"
NETWORK_CONFIG = "network-config"

# What lies here runs late in each start, with everything else up. `runcmd` would run once, whatever came of it, and
# `bootcmd`, which itself runs in each start, is too early for a package to be installed.
_EACH_START = "/var/lib/cloud/scripts/per-boot"


def user_data(identity: Identity) -> str:
    """Host, user, zone and locale; then the script of the first boot, at each start until it has come to its end."""
    return "#cloud-config\n" + _plain(
        {
            "hostname": identity.hostname,
            "manage_etc_hosts": True,
            "timezone": identity.time_zone,
            "locale": identity.locale,
            "ssh_pwauth": False,
            "disable_root": True,
            "users": [
                {
                    "name": identity.user,
                    "groups": "adm,sudo",
                    "shell": "/bin/bash",
                    "lock_passwd": True,
                    "sudo": "ALL=(ALL) NOPASSWD:ALL",
                    "ssh_authorized_keys": list(identity.ssh_keys),
                }
            ],
            "bootcmd": [["install", "-D", "-m", "0755", f"{BOOT}/{SCRIPT}", f"{_EACH_START}/{SCRIPT}"]],
        }
    )


def meta_data(*contents: str) -> str:
    """What makes cloud-init take this for a new machine: an instance that is named after what the card says."""
    digest = hashlib.sha256("\0".join(contents).encode()).hexdigest()
    return _plain({"dsmode": "local", "instance-id": f"jumpguard-{digest[:16]}"})


def network_config(wifi: Wifi) -> str:
    """A wireless network beside the cable (netplan, version 2); 64 hexadecimal digits are taken for a key."""
    return _plain(
        {
            "network": {
                "version": 2,
                "ethernets": {"eth0": {"dhcp4": True, "optional": True}},
                "wifis": {
                    "wlan0": {
                        "dhcp4": True,
                        "optional": True,
                        "regulatory-domain": wifi.country,
                        "access-points": {wifi.ssid: {"password": wifi.key}},
                    }
                },
            }
        }
    )


def _plain(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
