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
    attestd_abi_probe attestd_device_probe)
# Opened by name at run time, where ldd does not see it: the way to /dev/tpmrm0.
# awk reads to the end: a closed pipe would end ldconfig, and with it this script.
tcti=$(ldconfig -p | awk '/libtss2-tcti-device\.so\.0 / && !found { print $NF; found = 1 }')
[[ -n $tcti ]] || { echo "initramfs.sh: ldconfig knows no libtss2-tcti-device.so.0" >&2; exit 1; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,etc,extra,modules,proc,run,sys,tmp}
cp "$(command -v busybox)" "$root/bin/busybox"
cp "${programs[@]/#/$bin/}" "$root/bin/"
cp "$kernel"/modules/*.ko "$root/modules/"
cp -r "$extra/." "$root/extra/"
cp -r "$here/cases" "$root/cases"
install -m 755 "$here/init.sh" "$root/init"

for file in "${programs[@]/#/$bin/}" "$tcti"; do
    ldd "$file" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }'
done | cat - <(printf '%s\n' "$tcti") | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done
ldconfig -r "$root"
(cd "$root" && find . -print0 | cpio --null --create --format newc --quiet) >"$out"
