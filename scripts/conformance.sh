#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tries attestd by the numbered list of hostile inputs and prints a line for each case and the sum.
# Needs a finished build (scripts/test.sh, or cmake --build --preset release).
#   scripts/conformance.sh [--cases 6-22,27-29,36,39-69,85] [--build DIR]
# Exit status: 0 every case that was tried survived, 1 one did not, 2 bad usage.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cases=6-22,27-29,36,39-69,85
build=$root/build/release
while [[ $# -gt 0 ]]; do
    case $1 in
    --cases | --build)
        [[ $# -ge 2 ]] || { say "usage: $0 [--cases 6-22,27-29,36,39-69,85] [--build DIR]" >&2; exit 2; }
        if [[ $1 == --cases ]]; then cases=$2; else build=$2; fi
        shift 2
        ;;
    *)
        say "usage: $0 [--cases 6-22,27-29,36,39-69,85] [--build DIR]" >&2
        exit 2
        ;;
    esac
done
[[ $cases =~ ^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$ ]] || {
    say "--cases wants numbers and ranges, as 6-22,27-29,36,39-69,85" >&2
    exit 2
}
[[ -f $build/CTestTestfile.cmake ]] || die "there is no build in $build"

report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT
export ATTESTD_CONFORMANCE_REPORT=$report

# What fails here is in the table.
step "conformance tests"
ctest --test-dir "$build" -L conformance -j "$jobs" --no-tests=error --output-on-failure \
    --output-junit "$report/functional.xml" >"$report/functional.log" 2>&1 || true
step "unit tests of cases"
ctest --test-dir "$build" -R '^Case [0-9]' -j "$jobs" --no-tests=error \
    --output-junit "$report/unit.xml" >"$report/unit.log" 2>&1 || true
[[ -f $report/functional.xml && -f $report/unit.xml ]] || {
    cat "$report"/*.log >&2
    die "ctest did not run"
}
python3 scripts/conformance_table.py "$report" "$cases" || {
    code=$?
    grep -hE '^(FAIL|ERROR|AssertionError)' "$report/functional.log" | sort -u >&2 || true
    exit "$code"
}
