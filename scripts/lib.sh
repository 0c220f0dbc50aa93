# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the scripts beside it: packages, compiler cache, steps. Sets and enters `root`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
jobs=$(nproc)
# What runs now, for the last line when it fails: read by the scripts.
# shellcheck disable=SC2034
current_step="start"

say() {
    printf '%s\n' "$*"
}

# step TEXT: says what begins.
step() {
    # shellcheck disable=SC2034
    current_step=$1
    say "==> $1"
}

# die TEXT: ends with an error line.
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# quietly COMMAND...: shows the command's output only when it fails.
quietly() {
    local log code=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || code=$?
    if [[ $code != 0 ]]; then
        cat "$log" >&2
    fi
    rm -f "$log"
    return "$code"
}

# Names in list files of packages; the rest of each line is the reason.
read_package_list() {
    sed -E 's/[[:space:]]*#.*//; /^$/d' "$@"
}

missing_packages() {
    local package
    while read -r package; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            printf '%s\n' "$package"
    done < <(read_package_list "$@")
}

# install_packages FILE...: the Debian packages of these lists; touches nothing when all are there.
install_packages() {
    local -a missing as_root=()
    command -v dpkg-query >/dev/null || die "Debian 12 is needed: there is no dpkg here"
    mapfile -t missing < <(missing_packages "$@")
    [[ ${#missing[@]} -gt 0 ]] || return 0
    if [[ $(id -u) != 0 ]]; then
        command -v sudo >/dev/null ||
            die "run as root or install sudo; missing packages: ${missing[*]}"
        as_root=(sudo)
    fi
    say "    installing ${#missing[@]} Debian packages: ${missing[*]}"
    local -a apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get
        -o DPkg::Lock::Timeout=300 -q -y)
    quietly "${apt[@]}" update || die "apt-get update failed"
    quietly "${apt[@]}" install --no-install-recommends "${missing[@]}" ||
        die "apt-get could not install: ${missing[*]}"
}

# A kept compiler cache, so that a second build, in whatever preset, is short.
use_ccache() {
    command -v ccache >/dev/null || return 0
    export CCACHE_DIR=${CCACHE_DIR:-$root/.cache/ccache}
    export CCACHE_BASEDIR=$root
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
}

# build PRESET [TARGET...]: configures and builds; everything when no target is named.
build() {
    local preset=$1
    shift
    local -a targets=()
    [[ $# == 0 ]] || targets=(--target "$@")
    quietly cmake --preset "$preset" || return 1
    quietly cmake --build --preset "$preset" -j "$jobs" "${targets[@]}"
}
