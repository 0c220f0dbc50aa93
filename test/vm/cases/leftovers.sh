# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# Case 76: what a killed attestd left is gone once the next one runs.
is_there() {
    test -n "$(ls "$reports")"
}

fault delay_ms=5000
evidence --timeout 10s &
client=$!
check "Case 76: a request is under way" wait_for is_there
stop_agent -KILL
wait "$client"
check "Case 76: kill -9 leaves a report behind" is_there
no_faults
check "Case 76: attestd starts again" start_agent auto
check "Case 76: the report is gone" test -z "$(ls "$reports")"
