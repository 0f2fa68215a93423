#!/bin/sh
# Sees to the Debian packages that are named, and with --python PROGRAM to a Python that can make environments.
# As root it installs what is missing; otherwise it says in one line what to install, and fails.
set -eu

missing=""
if [ "${1:-}" = "--python" ]; then
    "$2" -c 'import venv, ensurepip' 2>/dev/null || missing="python3 python3-venv"
    if "$2" -c 'import sys; sys.exit(sys.version_info[:2] >= (3, 11))' 2>/dev/null; then
        echo "jumpguard: $2 is older than Python 3.11; name a newer one: make PYTHON=python3.11" >&2
        exit 1
    fi
    # For Python 3.13 only 64-bit ARM has a wheel of lgpio (adafruit-lgpio): elsewhere it is built here.
    if [ "$(uname -m)" != aarch64 ] && "$2" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 13))' 2>/dev/null; then
        set -- "$1" "$2" swig gcc
        "$2" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null ||
            missing="$missing python3-dev"
    fi
    shift 2
fi
for package in "$@"; do
    case "$(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null || true)" in
    *" installed") ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "jumpguard: missing Debian packages; install them with: sudo apt-get install $missing" >&2
    exit 1
fi
apt-get update --quiet
# shellcheck disable=SC2086 # a list of names
DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends $missing
