# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# Four processes at once: each gets evidence for its own nonce, and no report is left behind. Only
# the nonces are looked at, so that the signer need not sign each report.
start_signer serve-templates
check "load: 1000 requests of 4 processes, 0 wrong nonces" \
    load 1000 4
load 2 1 control >/tmp/out 2>&1
check "load: another nonce would have been seen" grep -q "0 good, 2 wrong, 0 failed" /tmp/out
start_signer serve
check "load: no report is left" test -z "$(ls "$reports")"
