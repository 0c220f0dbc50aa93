#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds attestd and runs its tests: all of them on the release build, those in a QEMU guest too, then
# the unit tests under the address and undefined behaviour sanitizers. --quick leaves these out.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

quick=no
case ${1:-} in
"") ;;
--quick) quick=yes ;;
*) die "usage: $0 [--quick]" ;;
esac

passed=0
skipped=0
asan_build=
finish() {
    local code=$?
    trap - EXIT
    [[ $code == 0 ]] || say "attestd tests: FAILED: $current_step"
    [[ -z $asan_build ]] || kill -- "-$asan_build" 2>/dev/null || true
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# run_tests PRESET [ctest options]: runs them and adds to the counts.
run_tests() {
    local preset=$1 report counts
    shift
    report=$root/build/$preset/tests.xml
    rm -f "$report"
    ctest --preset "$preset" --output-junit "$report" --progress --no-tests=error "$@" || return 1
    counts=$(python3 scripts/count_tests.py "$report")
    passed=$((passed + ${counts% *}))
    skipped=$((skipped + ${counts#* }))
}

step "install the Debian packages"
install_packages scripts/packages.txt scripts/packages-test.txt
use_ccache

step "build (preset release)"
build release
step "unit tests (preset release)"
run_tests release --label-exclude 'functional|packaging|vm' -j "$jobs"
step "functional and packaging tests (preset release)"
run_tests release --label-regex 'functional|packaging' --label-exclude conformance -j "$jobs"

# The next two wait more than they work, and take their time as it comes: the next build begins
# beside them.
if [[ $quick == no ]]; then
    set -m  # a process group of its own, which ends with this script
    (renice -n 10 -p "$BASHPID" >/dev/null && build asan) &
    asan_build=$!
    set +m
fi
step "conformance tests (preset release)"
run_tests release --label-regex conformance -j "$jobs"
step "guest tests (preset release)"
run_tests release --label-regex vm

sanitizers="sanitizers left out"
if [[ $quick == no ]]; then
    step "build with the address and undefined behaviour sanitizers (preset asan)"
    wait "$asan_build"
    asan_build=
    step "unit tests under the sanitizers (preset asan)"
    run_tests asan --label-exclude 'functional|packaging|vm' -j "$jobs"
    sanitizers="asan+ubsan clean"
fi
say "attestd tests: PASSED ($passed tests, $skipped skipped, $sanitizers)"
