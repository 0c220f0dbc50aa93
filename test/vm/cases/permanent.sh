# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# The provider fails for good: no evidence, and the log names device, step and cause.

# refused NAME CAUSE LIMIT FAULT...: with these faults a request of at most LIMIT fails, and the log
# says CAUSE.
refused() {
    local name=$1 cause=$2 limit=$3 begin code=0
    shift 3
    fault "$@"
    : >"$log"
    begin=$(cut -d. -f1 /proc/uptime)
    evidence --timeout "$limit" || code=$?
    check "Case 75: permanent: $name: fails (exit $code: $(cat /tmp/error))" \
        test "$code" != 0 -a ! -s /tmp/evidence
    check "Case 75: permanent: $name: in time" test "$(cut -d. -f1 /proc/uptime)" -le $((begin + 30))
    check "Case 75: permanent: $name: the log names device and step" \
        wait_for grep -q "$reports.*outblob" "$log"
    check "Case 75: permanent: $name: the log names the cause" wait_for grep -q "$cause" "$log"
    no_faults
    check "Case 75: permanent: $name: works again afterwards" load 1 1
}

refused ENXIO "No such device" 20s fault_errno=6 fault_count=1000000
refused EIO "Input/output error" 20s fault_errno=5 fault_count=1000000
refused "busy for ever" "busy" 3s fault_errno=16 fault_count=1000000
refused "an empty report" "empty" 20s empty_count=1000000
check "Case 75: permanent: no report is left" test -z "$(ls "$reports")"
