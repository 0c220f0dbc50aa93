# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# A report for other report data never leaves.
: >"$log"
fault wrong_nonce_count=1000000
load 4 2 >/tmp/out 2>&1
check "Case 73 and 77: wrong nonce: nothing leaves" grep -q "evidence-load: 0 good, 0 wrong, 4 failed" /tmp/out
check "Case 73 and 77: wrong nonce: the log says why" wait_for grep -q "report.data" "$log"
no_faults
check "Case 73 and 77: wrong nonce: works again afterwards" load 1 1
check "Case 73 and 77: wrong nonce: no report is left" test -z "$(ls "$reports")"
