# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# The provider fails three times, then works: the request succeeds inside its deadline.
for error in 16:EBUSY 4:EINTR 110:ETIMEDOUT 11:EAGAIN; do
    before=$(asked)
    fault "fault_errno=${error%:*}" fault_count=3
    check "Case 75: transient: ${error#*:} three times, then evidence" load 1 1
    check "Case 75: transient: ${error#*:} was met" test "$(asked)" -ge $((before + 4))
done
check "Case 75: transient: no report is left" test -z "$(ls "$reports")"
