# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# The provider fails for good: no evidence, and the log names device, step and cause.

# refused NAME CAUSE FAULT...: with these faults the request fails in time and the log says CAUSE.
refused() {
    local name=$1 cause=$2 begin code=0
    shift 2
    fault "$@"
    : >"$log"
    begin=$(cut -d. -f1 /proc/uptime)
    evidence --timeout 2s || code=$?
    check "permanent: $name: fails (exit $code: $(cat /tmp/error))" \
        test "$code" != 0 -a ! -s /tmp/evidence
    check "permanent: $name: in time" test "$(cut -d. -f1 /proc/uptime)" -le $((begin + 6))
    check "permanent: $name: the log names device and step" grep -q "$reports.*outblob" "$log"
    check "permanent: $name: the log names the cause" grep -q "$cause" "$log"
    no_faults
    check "permanent: $name: works again afterwards" load 1 1
}

refused ENXIO "No such device" fault_errno=6 fault_count=1000000
refused EIO "Input/output error" fault_errno=5 fault_count=1000000
refused "busy for ever" "busy" fault_errno=16 fault_count=1000000
refused "an empty report" "empty" empty_count=1000000
check "permanent: no report is left" test -z "$(ls "$reports")"
