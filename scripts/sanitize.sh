#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs tests under what scripts/test.sh has no time for:
#   scripts/sanitize.sh tsan [PROGRAM...]       unit tests, the thread sanitizer, preset "tsan"
#   scripts/sanitize.sh valgrind [PROGRAM...]   unit tests, memcheck, on the release build
#   scripts/sanitize.sh asan [MODULE...]        functional tests, preset "asan"
# PROGRAM is a unit test's program; without one valgrind runs all, and tsan those that need no gRPC,
# which is not built for it. MODULE is as in "conformance.wire"; all without one. What is found fails.
# So does a test that fails, but not under valgrind: it is slow, and lacks system calls (openat2).
# There they are named, and memcheck's own word counts.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tool=${1:-}
[[ $tool == tsan || $tool == valgrind || $tool == asan ]] ||
    { say "usage: $0 tsan|valgrind [PROGRAM...] | asan [MODULE...]" >&2; exit 2; }
shift
programs=("$@")
tsan_programs=(test_base test_base_http test_base_http_dns
    test_base_http_rearm test_base_cbor test_base_secret_memory test_evidence test_eventlog
    test_kbs_client test_policy test_unseal test_keyprovider test_secure_mount test_compat test_ttrpc
    test_rest
    tee_detect_test tee_sample_source_test tee_sample_device_source_test)
# Modules that judge memory, which a sanitizer keeps, fills and counts by its own rules.
not_under_asan='memory\..*|threads|ttrpc_load|conformance\.(controls|allocation|unread)'
failed=()

# unit_tests PRESET: the programs of the unit tests that are built.
unit_tests() {
    ctest --preset "$1" --show-only=json-v1 -L unit | python3 -c 'if True:
        import json, os, sys
        commands = {test["command"][0] for test in json.load(sys.stdin)["tests"]}
        print(*sorted(os.path.basename(one) for one in commands if "/bin/test_" in one or
                      one.endswith("_test")), sep="\n")'
}

# has_race MODE: whether the control's run in this mode is reported.
has_race() {
    ! TSAN_OPTIONS="exitcode=66" build/tsan/bin/tsan_control "$1" >/dev/null 2>&1
}

check_tsan_control() {
    local mode
    has_race race || die "the thread sanitizer does not see a planted race"
    for mode in mutex await notification; do
        ! has_race "$mode" || die "the thread sanitizer does not know Abseil's locks ($mode)"
    done
}

run_tsan() {
    local log=$1 program=$2
    TSAN_OPTIONS="exitcode=66 suppressions=$root/test/support/tsan.supp" \
        "build/tsan/bin/$program" >"$log" 2>&1 || return 1
    ! grep -q "WARNING: ThreadSanitizer" "$log"
}

# memcheck LOG COMMAND...: whether memcheck found nothing, in the children of fork(2) too. The
# command's own exit status is in $own.
memcheck() {
    local log=$1
    shift
    own=0
    valgrind --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \
        --num-callers=30 --suppressions=test/support/valgrind.supp --log-file="$log.memcheck" \
        "$@" >"$log" 2>&1 || own=$?
    grep -q 'ERROR SUMMARY: 0 errors' "$log.memcheck" &&
        ! grep -q 'ERROR SUMMARY: [1-9]' "$log.memcheck"
}

check_valgrind_control() {
    printf '%s\n' '#include <stdlib.h>' 'int main(int argc, char** argv) {' \
        '  char* text = malloc(8); (void)argv; if (text[argc] == 1) return 1; free(text);' \
        '  return 0; }' >"$logs/control.c"
    cc -g -O0 -o "$logs/control" "$logs/control.c"
    ! memcheck "$logs/control.log" "$logs/control" ||
        die "valgrind does not see what is not initialised"
    memcheck "$logs/true.log" /bin/true || die "valgrind finds errors in /bin/true"
}

run_valgrind() {
    local log=$1 program=$2
    memcheck "$log" "build/release/bin/$program" || { cat "$log.memcheck" >>"$log"; return 1; }
    [[ $own == 0 ]] ||
        grep -E '^[^ ].*: FAILED:' "$log" | sort -u | sed 's/^/        not judged: /'
}

check_asan_control() {
    # In the sandbox, as the daemon runs.
    build/asan/bin/attestd-sandbox-probe in read-freed >"$logs/control.log" 2>&1 || true
    grep -q 'AddressSanitizer: heap-use-after-free' "$logs/control.log" ||
        die "the address sanitizer does not see a read of freed memory"
    ! PYTHONPATH=test/functional python3 -B -c \
        'import sys; from support import sanitizer; sanitizer.check(sys.stdin.read())' \
        <"$logs/control.log" 2>/dev/null || die "the tests overlook a sanitizer's report"
}

# The leak check stops every thread by ptrace(2), which the sandbox answers with death.
run_asan() {
    local names=${programs[*]}
    ctest --preset asan --no-tests=error -L functional -E "functional\.($not_under_asan)\$" \
        -R "functional\.(${names// /|})\$" -j "$jobs"
}

step "install the Debian packages"
install_packages scripts/packages.txt scripts/packages-test.txt scripts/packages-sanitize.txt
use_ccache
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
case $tool in
tsan)
    [[ ${#programs[@]} -gt 0 ]] || programs=("${tsan_programs[@]}")
    step "build (preset tsan)"
    build tsan tsan_control "${programs[@]}"
    ;;
valgrind)
    step "build (preset release)"
    build release "${programs[@]}"
    [[ ${#programs[@]} -gt 0 ]] || mapfile -t programs < <(unit_tests release)
    ;;
asan)
    step "build (preset asan)"
    build asan
    [[ ${#programs[@]} -gt 0 ]] || programs=('.*')
    export ASAN_OPTIONS=detect_leaks=0:exitcode=86:symbolize=0
    ;;
esac
step "controls"
"check_${tool}_control"
step "run"
if [[ $tool == asan ]]; then
    run_asan || { say "attestd asan: FAILED"; exit 1; }
    say "attestd asan: PASSED (not judged: $not_under_asan)"
    exit 0
fi
for program in "${programs[@]}"; do
    start=$SECONDS
    if "run_$tool" "$logs/$program" "$program"; then
        say "    $program: $((SECONDS - start)) s"
    else
        tail -n 60 "$logs/$program"
        failed+=("$program")
    fi
done
[[ ${#failed[@]} == 0 ]] || { say "attestd $tool: FAILED: ${failed[*]}"; exit 1; }
say "attestd $tool: PASSED (${#programs[@]} programs)"
