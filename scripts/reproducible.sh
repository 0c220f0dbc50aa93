#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the release twice, without a compiler cache, from copies of this tree in two folders that
# differ in path, and under another umask, time zone, language and home: programs, bill of materials
# and package have to be the same to the byte. Takes ten minutes of two idle processors.
#   scripts/reproducible.sh [--keep FOLDER] [PROGRAM...]
# FOLDER: where to build; kept, to be looked into. PROGRAM: only these, without bill and package.
# Exit status: 0 the same, 1 not, or it does not build, 2 bad usage.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

keep=
if [[ ${1:-} == --keep ]]; then
    keep=${2:-}
    [[ -n $keep ]] || { say "usage: $0 [--keep FOLDER] [PROGRAM...]" >&2; exit 2; }
    shift 2
fi
programs=("$@")
[[ ${#programs[@]} -gt 0 ]] || programs=(attestd attestctl attestd-mount)
# A bill and a package are of all of them.
whole=yes
[[ $# == 0 ]] || whole=no
if [[ -n $keep ]]; then
    mkdir -p "$keep"
    work=$(realpath "$keep")
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
first=$work/1
second=$work/2/with/a/longer/path

# copy_tree FOLDER: what git knows or would add, as it is now.
copy_tree() {
    rm -rf "$1"
    mkdir -p "$1"
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
        [[ ! -f $file ]] || printf '%s\0' "$file"
    done | tar -c --null -T - | tar -x -C "$1"
}

# build_release FOLDER: programs and package.
build_release() {
    cd "$1"
    unset CMAKE_C_COMPILER_LAUNCHER CMAKE_CXX_COMPILER_LAUNCHER CCACHE_BASEDIR
    export CCACHE_DISABLE=1
    quietly cmake --preset release -DATTESTD_BUILD_TESTS=OFF -DATTESTD_BUILD_BENCH=OFF
    quietly cmake --build --preset release -j "$jobs" --target "${programs[@]}"
    [[ $whole == yes ]] || return 0
    # The modes in a package are those of the umask it is packed under.
    umask 022
    quietly cpack -G DEB --config build/release/CPackConfig.cmake -B "$1/package"
}

# same FILE FILE: whether they are; says what they are.
same() {
    local one other
    one=$(sha256sum <"$1") other=$(sha256sum <"$2")
    say "    ${one%% *} $(stat -c %s "$1") $(basename "$1")"
    [[ $one == "$other" ]] && return
    say "    ${other%% *} $(stat -c %s "$2") in the second: DIFFERENT"
    return 1
}

# A comparison that cannot fail would show nothing.
printf 1 >"$work/one"
printf 2 >"$work/two"
same "$work/one" "$work/two" >/dev/null && die "different files pass as the same"

step "install the Debian packages"
install_packages scripts/packages.txt scripts/packages-test.txt
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
copy_tree "$first"
copy_tree "$second"
step "build in $first"
(build_release "$first")
step "build in $second"
mkdir -p "$work/home"
(umask 027 && export TZ=Asia/Kathmandu LC_ALL=C.UTF-8 HOME=$work/home && build_release "$second")

step "compare"
different=0
files=("${programs[@]/#/build/release/bin/}")
if [[ $whole == yes ]]; then
    packages=("$first"/package/*.deb)
    [[ -f ${packages[0]} ]] || die "cpack made no package"
    files+=(build/release/attestd.cdx.json "package/$(basename "${packages[0]}")")
fi
for file in "${files[@]}"; do
    same "$first/$file" "$second/$file" || different=1
    if grep -qaF "$work" "$first/$file"; then
        say "    $file holds the path where it was built"
        different=1
    fi
done
if [[ $different == 1 ]]; then
    say "attestd reproducible: FAILED (look with --keep FOLDER, and diffoscope)"
    exit 1
fi
say "attestd reproducible: PASSED"
