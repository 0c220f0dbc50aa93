#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: initramfs.sh BIN KERNEL EXTRA OUT
# Packs the guest: busybox, attestd and the test programs of BIN with their libraries, the modules
# of KERNEL, init.sh, the cases, and the files of the folder EXTRA under /extra. Uncompressed: the
# emulated processor would take longer to unpack it than to read it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$1 kernel=$2 extra=$3 out=$4
programs=(attestd attestctl attestd-fake-psp attestd-evidence-load attestd-measure
    attestd_abi_probe attestd_device_probe attestd-mount attestd-secure-mount)
# Debian's, where attestd-mount looks for them.
tools=("$(command -v cryptsetup)" "$(command -v mke2fs)")
# Opened by name at run time, where ldd does not see it: the way to /dev/tpmrm0.
# And pthread_exit's, which cryptsetup needs for argon2.
# awk reads to the end: a closed pipe would end ldconfig, and with it this script.
tcti=$(ldconfig -p | awk '/libtss2-tcti-device\.so\.0 / && !found { print $NF; found = 1 }')
unwinder=$(ldconfig -p | awk '/libgcc_s\.so\.1 / && !found { print $NF; found = 1 }')
[[ -n $tcti ]] || { echo "initramfs.sh: ldconfig knows no libtss2-tcti-device.so.0" >&2; exit 1; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,etc,extra,mnt,modules,proc,run,sbin,sys,tmp,usr}
ln -s ../sbin "$root/usr/sbin"
cp "$(command -v busybox)" "$root/bin/busybox"
cp "${programs[@]/#/$bin/}" "$root/bin/"
cp "${tools[@]}" "$root/sbin/"
ln -s mke2fs "$root/sbin/mkfs.ext4"
cp "$kernel"/modules/*.ko "$root/modules/"
cp -r "$extra/." "$root/extra/"
cp -r "$here/cases" "$root/cases"
install -m 755 "$here/init.sh" "$root/init"

for file in "${programs[@]/#/$bin/}" "${tools[@]}" "$tcti"; do
    ldd "$file" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }'
done | cat - <(printf '%s\n' "$tcti" "$unwinder") | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done
ldconfig -r "$root"
(cd "$root" && find . -print0 | cpio --null --create --format newc --quiet) >"$out"
