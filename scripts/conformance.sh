#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tries attestd by the numbered list of hostile inputs and prints a line for each case and the sum.
# Needs a finished build (scripts/test.sh, or cmake --build --preset release).
#   scripts/conformance.sh [--cases 1-92] [--build DIR] [--vm] [--write docs/conformance.md]
# --vm boots the guests of test/vm too, which takes some minutes more; --write makes the page anew.
# Exit status: 0 every case that was tried survived, 1 one did not, 2 bad usage.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    say "usage: $0 [--cases 1-92] [--build DIR] [--vm] [--write docs/conformance.md]" >&2
    exit 2
}

cases=1-92
build=$root/build/release
vm=
page=()
while [[ $# -gt 0 ]]; do
    case $1 in
    --vm)
        vm=1
        shift
        continue
        ;;
    --cases | --build | --write) [[ $# -ge 2 ]] || usage ;;
    *) usage ;;
    esac
    case $1 in
    --cases) cases=$2 ;;
    --build) build=$2 ;;
    --write) page=("$2") ;;
    esac
    shift 2
done
[[ $cases =~ ^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$ ]] || {
    say "--cases wants numbers and ranges, as 6-22,27-29,36" >&2
    exit 2
}
[[ -f $build/CTestTestfile.cmake ]] || die "there is no build in $build"

report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT
export ATTESTD_CONFORMANCE_REPORT=$report

# What fails here is in the table. Most of it waits, so that one more than there are processors runs.
step "conformance tests"
ctest --test-dir "$build" -L conformance -j "$((jobs + 1))" --no-tests=error --output-on-failure \
    --output-junit "$report/functional.xml" >"$report/functional.log" 2>&1 || true
step "unit tests of cases"
ctest --test-dir "$build" -R '^Case [0-9]' -j "$jobs" --no-tests=error \
    --output-junit "$report/unit.xml" >"$report/unit.log" 2>&1 || true
if [[ -n $vm ]]; then
    step "guests"
    ctest --test-dir "$build" -L vm -V >"$report/vm.log" 2>&1 || true
fi
[[ -f $report/functional.xml && -f $report/unit.xml ]] || {
    cat "$report"/*.log >&2
    die "ctest did not run"
}
python3 scripts/conformance_table.py "$report" "$cases" "${page[@]}" || {
    code=$?
    grep -hE '^(FAIL|ERROR|AssertionError)' "$report/functional.log" | sort -u >&2 || true
    exit "$code"
}
