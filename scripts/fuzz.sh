#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: fuzz.sh [SECONDS [TARGET...]]
# Builds the fuzz targets and runs each for so many seconds (10) from its kept corpus. What is
# found new lies in build/asan/found/<target>/ and serves the next run; an input that fails lies in
# build/asan/findings/. For long runs: scripts/fuzz.sh 600, then scripts/fuzz_coverage.sh.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=${1:-10}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "usage: $0 [SECONDS [TARGET...]]"
shift || true

step "install the Debian packages"
install_packages scripts/packages.txt scripts/packages-test.txt
use_ccache
step "build (preset asan)"
build asan fuzz_targets || die "the fuzz targets do not build"

if [[ $# == 0 ]]; then
    shopt -s nullglob
    targets=(build/asan/bin/fuzz_*)
else
    targets=("${@/#/build/asan/bin/}")
fi
[[ ${#targets[@]} -gt 0 ]] || die "no fuzz target was built"

mkdir -p build/asan/findings
for target in "${targets[@]}"; do
    name=$(basename "$target")
    [[ -x $target ]] || die "there is no target $name"
    [[ -d fuzz/corpus/${name#fuzz_} ]] || die "$name has no corpus at fuzz/corpus/${name#fuzz_}"
done

# run_target SECONDS PROGRAM
run_target() {
    local name
    name=$(basename "$2")
    mkdir -p "build/asan/found/$name"
    quietly "$2" -max_total_time="$1" -timeout=5 -rss_limit_mb=1024 \
        -artifact_prefix="build/asan/findings/$name-" \
        "build/asan/found/$name" "fuzz/corpus/${name#fuzz_}" ||
        { say "$name found a failing input: build/asan/findings/"; return 1; }
    say "    $name"
}
export -f run_target quietly say

step "run each for $seconds s, one on each processor"
# shellcheck disable=SC2016 # $0 and $1 are the inner shell's.
printf '%s\n' "${targets[@]}" |
    xargs -P "$jobs" -n 1 bash -c 'run_target "$0" "$1"' "$seconds" || die "see above"
say "attestd fuzz: PASSED (${#targets[@]} targets, $seconds s each)"
