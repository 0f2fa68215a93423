#!/bin/sh
# JumpGuard: the first boot of a blank card. Written by `jumpguard setup card`, run once as root.
# What came of it stands in jumpguard-first-boot.txt on the boot partition; it can be run again at any time.
set -eu

# Where the system lies: / on a Raspberry Pi, a folder where somebody tries this out.
root="${JUMPGUARD_ROOT:-}"
boot="$root/boot/firmware"
step="begin"

# Whatever ends it: say on the boot partition, which any computer can read, whether it went well.
note() {
    printf '%s\n' "$1" >"$boot/jumpguard-first-boot.txt"
    sync
}
ended() {
    status=$?
    [ "$status" -eq 0 ] || note "It failed at: $step. Run it again: sudo sh /boot/firmware/jumpguard-first-boot.sh"
    exit "$status"
}
trap ended EXIT

exists() { [ -e "$root$1" ] || [ -L "$root$1" ]; }

# put PATH MODE: a file from standard input, whole or not at all.
put() {
    mkdir -p "$(dirname "$root$1")"
    (umask 077 && cat >"$root$1.jumpguard-new")
    chmod "$2" "$root$1.jumpguard-new"
    mv -f "$root$1.jumpguard-new" "$root$1"
}

# link TARGET PATH: a symbolic link; one to /dev/null masks a unit of systemd.
link() {
    mkdir -p "$(dirname "$root$2")"
    ln -sfn "$1" "$root$2.jumpguard-new"
    mv -fT "$root$2.jumpguard-new" "$root$2"
}

# The processor that programs are made for (ELF, e_machine): a 64-bit kernel runs the 32-bit system, too.
refuse_others() {
    exists /etc/rpi-issue
    case "$(od -An -tx1 -j4 -N15 "$root/usr/bin/dpkg" | tr -d ' \n')" in
    02??????????????????????????b7) ;;
    *) step="this is not the 64-bit Raspberry Pi OS" && return 1 ;;
    esac
}

name_machine() {
    echo "$1" | put /etc/hostname 0644
    { grep -v '^127\.0\.1\.1[[:space:]]' "$root/etc/hosts" || true; printf '127.0.1.1\t%s\n' "$1"; } >"$root/etc/hosts.named"
    put /etc/hosts 0644 <"$root/etc/hosts.named"
    rm -f "$root/etc/hosts.named"
}

# Raspberry Pi OS has a first user to be renamed, and asks for a name on the screen until that is done (userconf-pi).
# "!" is a password that nothing fits.
make_user() {
    if exists /usr/lib/userconf-pi/userconf; then
        "$root/usr/lib/userconf-pi/userconf" "$1" '!'
    elif ! grep -q "^$1:" "$root/etc/passwd"; then
        useradd ${root:+--prefix "$root"} --create-home --shell /bin/bash "$1"
    fi
    for group in adm sudo; do
        usermod ${root:+--prefix "$root"} --append --groups "$group" "$1"
    done
}

# of_user USER NAME: a file below the user's home, from standard input, that nobody else may read.
of_user() {
    owner="$(sed -n "s/^$1:[^:]*:\([0-9]*\):\([0-9]*\):.*/\1:\2/p" "$root/etc/passwd")"
    home="$(sed -n "s/^$1:\([^:]*:\)\{4\}\([^:]*\):.*/\2/p" "$root/etc/passwd")"
    put "$home/$2" 0600
    chmod 0700 "$(dirname "$root$home/$2")"
    chown -R "$owner" "$(dirname "$root$home/$2")"
}

set_zone() {
    exists "/usr/share/zoneinfo/$1"
    echo "$1" | put /etc/timezone 0644
    link "/usr/share/zoneinfo/$1" /etc/localtime
}

set_locale() {
    if [ "$1" != C.UTF-8 ]; then
        sed "s/^# *\($1 UTF-8\)/\1/" "$root/etc/locale.gen" >"$root/etc/locale.gen.named"
        put /etc/locale.gen 0644 <"$root/etc/locale.gen.named"
        rm -f "$root/etc/locale.gen.named"
        [ -n "$root" ] || locale-gen
    fi
    echo "LANG=$1" | put /etc/default/locale 0644
}

switch_on() { systemctl ${root:+--root="$root"} --quiet enable "$1"; }

# Wireless is blocked until somebody names a country; the kernel's command line does.
unblock_wifi() {
    for block in "$root"/var/lib/systemd/rfkill/*:wlan; do
        [ ! -e "$block" ] || echo 0 >"$block"
    done
}

install_package() {
    [ -e "$boot/jumpguard.deb" ] || exists /usr/lib/sysusers.d/jumpguard.conf
    [ ! -e "$boot/jumpguard.deb" ] || dpkg ${root:+--root="$root"} --install "$boot/jumpguard.deb"
}

# What the card brought has been used up: who finds it later shall not start anew with it.
no_more_cloud_init() {
    : | put /etc/cloud/cloud-init.disabled 0644
    rm -f "$root/var/lib/cloud/scripts/per-boot/jumpguard-first-boot.sh"
}

# systemd restarts it where it ran this; cloud-init would do so once only, however this ended.
restart() { [ -n "$root" ] || systemctl --no-block reboot; }

# The network's key is in the system now, where root alone may read it.
forget_wifi() { rm -f "$boot/network-config"; }

# tidy_up USER: the command line last, since until then the next start begins again.
tidy_up() {
    rm -f "$boot/jumpguard.deb"
    sync
    sed 's/ systemd\.run[^ ]*//g; s/ systemd\.unit=kernel-command-line\.target//' "$boot/cmdline.txt" >"$boot/cmdline.new"
    if ! cmp -s "$boot/cmdline.new" "$boot/cmdline.txt"; then
        sync
        mv -f "$boot/cmdline.new" "$boot/cmdline.txt"
    fi
    rm -f "$boot/cmdline.new" "$boot/jumpguard-first-boot.sh"
    note "It went well: $(cat "$root/etc/hostname") waits to be claimed by $1 over SSH."
}

