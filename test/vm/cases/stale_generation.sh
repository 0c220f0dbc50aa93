# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# Another process writes into attestd's report while it is made. The generation tells, and attestd
# asks again; evidence for the intruder's bytes never leaves.

intrude() {
    local bytes=0123456789abcdef directory
    bytes=$bytes$bytes$bytes$bytes
    while true; do
        for directory in "$reports"/*; do
            # It may be gone by now.
            { printf '%s' "$bytes" >"$directory/inblob" && echo hit >>/tmp/hits; } 2>/dev/null
        done
        usleep 5000
    done
}

: >/tmp/hits
: >/tmp/out
before=$(asked)
requests=0
# Time enough for the intruder to find the report and wait for its turn. It does not always come in
# between: so until it did, and five more requests.
fault delay_ms=50
intrude &
intruder=$!
while [ "$requests" -lt 50 ]; do
    again=$(($(asked) - before - requests))
    load 5 1 >>/tmp/out 2>&1
    requests=$((requests + 5))
    [ "$again" = 0 ] || break
done
kill "$intruder"
wait "$intruder" 2>/dev/null
no_faults
check "Case 75: stale generation: the intruder wrote ($(wc -l </tmp/hits) times)" test -s /tmp/hits
check "Case 75: stale generation: attestd asked again ($(($(asked) - before)) reports for $requests requests)" \
    test $(($(asked) - before)) -gt "$requests"
check "Case 75: stale generation: each request got evidence for its own nonce" \
    test "$(grep -c '5 good, 0 wrong, 0 failed' /tmp/out)" = $((requests / 5))
check "Case 75: stale generation: works again afterwards" load 1 1
check "Case 75: stale generation: no report is left" test -z "$(ls "$reports")"
