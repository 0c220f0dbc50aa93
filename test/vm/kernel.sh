#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Prints the folder of a kernel for the guest: vmlinuz, and under modules/ the modules it needs with
# our test module among them. The kernel is the newest cloud kernel of the backports suite on the
# Debian mirror that this machine uses already, read through an apt view of our own: the machine's
# sources stay as they are. Kept outside the tree, by version, and looked for anew once a day.
# Exits with 77 and "SKIPPED: why" where no kernel can be had.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/attestd-vm
fetch_seconds=240
# Of the Debian kernel, in the order in which init.sh loads them.
stock_modules=(fs/configfs/configfs drivers/virt/coco/tsm net/core/failover
    drivers/net/net_failover drivers/net/virtio_net
    # And cases/all.sh, for volumes.
    crypto/xor crypto/async_tx/async_tx crypto/async_tx/async_xor drivers/md/dm-mod
    drivers/md/dm-bufio drivers/md/dm-crypt drivers/md/dm-integrity drivers/block/loop crypto/xts
    crypto/authenc)

skip() {
    printf 'SKIPPED: no kernel for the guest: %s\n' "$*" >&2
    exit 77
}

fail() {
    printf 'kernel.sh: %s\n' "$*" >&2
    exit 1
}

# The mirror of this machine's own release: "URI codename".
find_mirror() {
    local codename
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    # The placeholders are apt's.
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk -v name="$codename" '$2 == name && !found { print; found = 1 }'
}

# make_apt_view URI SUITE: an apt that knows this one suite, through APT_CONFIG.
make_apt_view() {
    local view=$work/apt
    mkdir -p "$view"/lists/partial "$view"/cache/archives/partial "$view"/etc
    : >"$view/status"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$1" "$2" \
        >"$view/etc/sources.list"
    cat >"$view/apt.conf" <<END
Dir::State "$view";
Dir::State::lists "$view/lists";
Dir::State::status "$view/status";
Dir::Cache "$view/cache";
Dir::Etc::sourcelist "$view/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
Acquire::Languages "none";
APT::Sandbox::User "root";
END
    export APT_CONFIG=$view/apt.conf
}

# The newest version, as the package of the headers names it: only the newest one has headers.
newest_version() {
    local headers
    headers=$(apt-cache depends linux-headers-cloud-amd64 |
        awk '/Depends: linux-headers-/ && !found { print $2; found = 1 }')
    printf '%s' "${headers#linux-headers-}"
}

# fetch VERSION: unpacks the kernel and its headers into the cache, whole or not at all.
fetch() {
    local version=$1 flavour=-cloud-amd64 new=$work/new name deb
    local common=${version%"$flavour"}
    (cd "$work" && timeout "$fetch_seconds" apt-get download -qq "linux-image-$version" \
        "linux-headers-$version" "linux-headers-$common-common" "linux-kbuild-$common") >&2 ||
        skip "the mirror does not hand out linux-image-$version and its headers"
    mkdir -p "$new/modules"
    dpkg -x "$work"/linux-image-*.deb "$work/image"
    for deb in "$work"/linux-headers-*.deb "$work"/linux-kbuild-*.deb; do
        dpkg -x "$deb" "$new/headers"
    done
    cp "$work/image/boot/vmlinuz-$version" "$new/vmlinuz"
    for name in "${stock_modules[@]}"; do
        xz -dc "$work/image/lib/modules/$version/kernel/$name.ko.xz" \
            >"$new/modules/${name##*/}.ko"
    done
    # Debian's headers expect to lie in /usr/src.
    sed -i "s#^include /usr/src/#include $cache/$version/headers/usr/src/#" \
        "$new/headers/usr/src/linux-headers-$version/Makefile"
    rm -rf "${cache:?}/$version"
    mv "$new" "$cache/$version"
}

# is_whole VERSION: it is in the cache, with all modules that are wanted now.
is_whole() {
    local name
    for name in "${stock_modules[@]}"; do
        [[ -f $cache/$1/modules/${name##*/}.ko ]] || return 1
    done
}

# The version to use: the one that was found today, else the mirror's newest, else the one at hand.
choose_version() {
    local mirror version=""
    if [[ -s $cache/newest && -n $(find "$cache/newest" -mmin -1440) ]] &&
        is_whole "$(<"$cache/newest")"; then
        cat "$cache/newest"
        return
    fi
    mirror=$(find_mirror)
    [[ -n $mirror ]] || skip "apt knows no mirror of this machine's release"
    make_apt_view "${mirror% *}" "${mirror##* }-backports"
    if timeout "$fetch_seconds" apt-get update -qq >&2; then
        version=$(newest_version || true)
    fi
    if [[ -z $version ]]; then
        { [[ -s $cache/newest ]] && is_whole "$(<"$cache/newest")"; } ||
            skip "linux-headers-cloud-amd64 is not in ${mirror##* }-backports on the mirror"
        printf 'kernel.sh: the mirror does not answer: an older kernel is used\n' >&2
        cat "$cache/newest"
        return
    fi
    is_whole "$version" || fetch "$version"
    # Whole or not at all: the disk may be full.
    printf '%s' "$version" >"$work/newest"
    mv "$work/newest" "$cache/newest"
    printf '%s' "$version"
}

# build_module VERSION: our module for this kernel, again only after its sources changed.
build_module() {
    local kernel=$cache/$1 sources sum
    sources=$(find "$here/kmod" -type f \( -name '*.[ch]' -o -name Kbuild \) | sort)
    # shellcheck disable=SC2086 # one word a file
    sum=$(cat $sources | sha256sum | cut -c1-16)
    if [[ ! -f $kernel/kmod.$sum ]]; then
        rm -rf "$work/kmod"
        mkdir "$work/kmod"
        # shellcheck disable=SC2086
        cp $sources "$work/kmod"
        # The headers hold a vmlinux, for which kbuild would want pahole.
        make -s -C "$kernel/headers/usr/src/linux-headers-$1" "M=$work/kmod" \
            CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$work/kmod.log" 2>&1 ||
            { cat "$work/kmod.log" >&2; fail "the test module does not build"; }
        cat "$work/kmod.log" >&2
        strip --strip-debug "$work/kmod/attestd_fake_tee.ko"
        mv "$work/kmod/attestd_fake_tee.ko" "$kernel/modules/"
        rm -f "$kernel"/kmod.*
        : >"$kernel/kmod.$sum"
    fi
}

for tool in apt-get dpkg xz make gcc-12 strip; do
    command -v "$tool" >/dev/null || skip "$tool is not installed (scripts/packages-test.txt)"
done
[[ $(uname -m) == x86_64 ]] || skip "the guest is x86_64, this machine is $(uname -m)"
mkdir -p "$cache"
# Two boots may start at once.
exec 9>"$cache/lock"
flock 9
work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
version=$(choose_version)
build_module "$version"
printf '%s\n' "$cache/$version"
