# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# SecureMount on real block devices: dm-crypt, dm-integrity and ext4 of this kernel, Debian's
# cryptsetup and mkfs, and keys that the broker releases for the evidence of this guest.
key=kbs:///default/vm/volume
other=kbs:///default/vm/other
needle=the-plaintext-of-the-volume

# make_disk NAME MIB: an empty block device, in $disk; what the "host" sees of it is $image.
make_disk() {
    image=/tmp/$1.img
    truncate -s "$2M" "$image"
    disk=$(losetup -f)
    losetup "$disk" "$image"
}

# secure_mount MOUNT_POINT OPTION=VALUE...: what the caller is told goes to /tmp/told.
secure_mount() {
    local point=$1
    shift
    attestd-secure-mount "$socket" block-device "$point" encryptionType=luks2 "$@" >/tmp/told 2>&1
}

# refused REASON MOUNT_POINT OPTION=VALUE...: it fails for this reason, and nothing is left open.
refused() {
    local reason=$1
    shift
    secure_mount "$@" && return 1
    grep -q "^mount: $reason: " /tmp/told && nothing_is_open
}

nothing_is_open() {
    [ "$(ls /dev/mapper)" = control ] && ! grep -q /dev/mapper/ /proc/mounts
}

# With integrity there is a second mapping, which goes with the first.
close_all() {
    local path
    for path in /dev/mapper/*; do
        case $path in
        */control | *_dif) ;;
        *) cryptsetup close "${path##*/}" ;;
        esac
    done
}

# put_away MOUNT_POINT: unmounted and closed, whatever its name in /dev/mapper.
put_away() {
    umount "$1" || return 1
    close_all
    sync
    nothing_is_open
}

writes() {
    echo "$needle" >"$1/file" && sync && grep -q "$needle" "$1/file"
}

has() {
    grep -q "$needle" "$1"
}

lacks() {
    ! has "$1"
}

start_mounter() {
    start_agent auto '[secure_mount]' 'enabled = true' 'mount_roots = ["/mnt"]'
}

check "volume: attestd starts" start_agent auto
make_disk first 40
check "volume: not unless it is enabled" refused MOUNT_OFF /mnt/a "devicePath=$disk" \
    sourceType=empty targetType=fileSystem
stop_agent
check "volume: attestd starts with a mount helper" start_mounter

# A key that is made up: nothing of it on the device, the header neither.
check "volume: an empty device is mounted with a key made up" secure_mount /mnt/a/b \
    "deviceId=$(cat "/sys/class/block/${disk#/dev/}/dev")" sourceType=empty targetType=fileSystem \
    filesystemType=ext4 "mkfsOpts=-E lazy_journal_init" dataIntegrity=false flag=noatime
check "volume: it is dm-crypt's" grep -q "^CRYPT-" /sys/block/dm-0/dm/uuid
check "volume: mounted as the flags say" grep -q " /mnt/a/b ext4 rw,noatime" /proc/mounts
check "volume: it can be written" writes /mnt/a/b
secure_mount /mnt/c "devicePath=$disk" sourceType=empty targetType=device
check "volume: a device in use is refused" grep -q "^mount: MOUNT_FAILED: " /tmp/told
check "volume: and the log says so" wait_for grep -q "is in use" "$log"
check "volume: it is put away" put_away /mnt/a/b
check "volume: the plaintext is not on the device" lacks "$image"
cryptsetup isLuks "$disk"
check "volume: nor is a header" test "$?" != 0

# A key of the broker: the volume is found again.
check "volume: an empty device is mounted with the broker's key" secure_mount /mnt/a \
    "devicePath=$disk" sourceType=empty targetType=fileSystem "key=$key" mapperName=data
check "volume: under the name that was asked for" test -b /dev/mapper/data
check "volume: it can be written" writes /mnt/a
check "volume: it is put away" put_away /mnt/a
check "volume: the plaintext is not on the device" lacks "$image"
check "volume: the same key opens it again" secure_mount /mnt/a "devicePath=$disk" \
    sourceType=encrypted targetType=fileSystem "key=$key" flag=ro
check "volume: and what was written is there" has /mnt/a/file
check "volume: it is put away" put_away /mnt/a
check "volume: another key does not" refused KEY_UNFIT /mnt/a "devicePath=$disk" \
    sourceType=encrypted targetType=fileSystem "key=$other"
check "volume: nor a key that the broker denies" refused ACCESS_DENIED /mnt/a "devicePath=$disk" \
    sourceType=encrypted targetType=fileSystem key=kbs:///default/vm/locked
check "volume: integrity that is not there is missed" refused VOLUME_REFUSED /mnt/a \
    "devicePath=$disk" sourceType=encrypted targetType=fileSystem "key=$key" dataIntegrity=true
check "volume: no key, no way" refused BAD_MOUNT /mnt/a "devicePath=$disk" sourceType=encrypted \
    targetType=fileSystem

# As a device.
check "volume: a device in place of a file system" secure_mount /mnt/device "devicePath=$disk" \
    sourceType=encrypted targetType=device "key=$key" mapperName=raw
check "volume: is a link to it" test "$(readlink /mnt/device)" = /dev/mapper/raw
check "volume: which reads as plaintext" has /mnt/device
cryptsetup close raw

# What fails is undone, what is refused has changed nothing.
before=$(sha256sum "$image")
ln -s /etc /mnt/link
check "volume: a link on the way is refused" refused MOUNT_FAILED /mnt/link/x "devicePath=$disk" \
    sourceType=empty targetType=fileSystem "key=$key"
check "volume: a mount point elsewhere too" refused BAD_MOUNT /etc/x "devicePath=$disk" \
    sourceType=empty targetType=fileSystem "key=$key"
check "volume: options for mkfs that name files too" refused BAD_MOUNT /mnt/a "devicePath=$disk" \
    sourceType=empty targetType=fileSystem "key=$key" "mkfsOpts=-d /etc"
check "volume: the device was not touched" test "$(sha256sum "$image")" = "$before"
check "volume: mkfs fails: the device is closed again" refused MOUNT_FAILED /mnt/a \
    "devicePath=$disk" sourceType=empty targetType=fileSystem "key=$key" "mkfsOpts=-b 1000"
check "volume: the log names the step" grep -q "mkfs.ext4 /dev/mapper/" "$log"

# A header that is not one of ours: a cipher without a check of where a block belongs.
head -c 32 /dev/urandom | cryptsetup luksFormat --batch-mode --type luks2 --cipher aes-cbc-plain64 \
    --key-size 256 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file=- "$disk" ||
    fail "volume: another cipher can be formatted"
check "volume: a header with another cipher is refused" refused VOLUME_REFUSED /mnt/other \
    "devicePath=$disk" sourceType=encrypted targetType=device "key=$key"
losetup -d "$disk"
rm "$image"

# Integrity: one bit that somebody else changes is noticed.
make_disk second 32
check "volume: integrity: a volume" secure_mount /mnt/i "devicePath=$disk" sourceType=empty \
    targetType=fileSystem "key=$key" dataIntegrity=true
check "volume: integrity: by dm-integrity" test -d /sys/block/dm-1/dm
cp "$image" /tmp/before.img
head -c 65536 /dev/urandom >/tmp/random
cp /tmp/random /mnt/i/file
check "volume: integrity: it is put away" put_away /mnt/i
# The last byte that changed: behind the journal, so that it is the file's or its tags.
offset=$(cmp -l /tmp/before.img "$image" | tail -n 1 | awk '{ print $1 - 1 }')
rm /tmp/before.img
reopen() {
    secure_mount /mnt/i "devicePath=$disk" sourceType=encrypted targetType=fileSystem "key=$key" \
        dataIntegrity=true && cmp -s /tmp/random /mnt/i/file
}
check "volume: integrity: it reads well" reopen
check "volume: integrity: it is put away" put_away /mnt/i
# flip: the lowest bit of the byte at $offset.
flip() {
    local byte
    byte=$(dd if="$image" bs=1 skip="$offset" count=1 2>/dev/null | hexdump -v -e '1/1 "%d"')
    # shellcheck disable=SC2059 # an escape made here
    printf "\\x$(printf %x $((byte ^ 1)))" |
        dd of="$image" bs=1 seek="$offset" conv=notrunc 2>/dev/null
    echo 3 >/proc/sys/vm/drop_caches
}
flip
dmesg -c >/dev/null
reopen
check "volume: integrity: with one bit flipped it does not" test "$?" != 0
check "volume: integrity: and the kernel says why" sh -c 'dmesg | grep -q "INTEGRITY AEAD ERROR"'
! grep -q " /mnt/i " /proc/mounts || put_away /mnt/i
close_all
flip
check "volume: integrity: flipped back it reads well again" reopen
check "volume: integrity: it is put away" put_away /mnt/i
