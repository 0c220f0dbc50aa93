#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: fuzz.sh [SECONDS [TARGET...]]
# Builds the fuzz targets and runs each for so many seconds (10) from its kept corpus. What is
# found new is not kept in the corpus; an input that fails lies in build/fuzz/findings/.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=${1:-10}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "usage: $0 [SECONDS [TARGET...]]"
shift || true

step "install the Debian packages"
install_packages scripts/packages.txt scripts/packages-test.txt
use_ccache
step "build (preset fuzz)"
build fuzz fuzz_targets || die "the fuzz targets do not build"

if [[ $# == 0 ]]; then
    shopt -s nullglob
    targets=(build/fuzz/bin/fuzz_*)
else
    targets=("${@/#/build/fuzz/bin/}")
fi
[[ ${#targets[@]} -gt 0 ]] || die "no fuzz target was built"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p build/fuzz/findings
for target in "${targets[@]}"; do
    name=$(basename "$target")
    corpus=fuzz/corpus/${name#fuzz_}
    [[ -x $target ]] || die "there is no target $name"
    [[ -d $corpus ]] || die "$name has no corpus at $corpus"
    step "$name, $seconds s"
    mkdir "$work/$name"
    quietly "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 \
        -artifact_prefix="build/fuzz/findings/$name-" -print_final_stats=1 \
        "$work/$name" "$corpus" || die "$name found a failing input: build/fuzz/findings/"
done
say "attestd fuzz: PASSED (${#targets[@]} targets, $seconds s each)"
