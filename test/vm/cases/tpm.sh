# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# The TPM as the platform, by name: the kernel's resource manager and the device TCTI. Events are
# measured into PCR 23, which the kernel itself is asked about.
pcr23() {
    cat /sys/class/tpm/tpm0/pcr-sha256/23
}

start_tpm_agent() {
    start_agent tpm '[tpm]' 'tcti = "device:/dev/tpmrm0"' '[measurement]' 'enabled = true'
}

# extends EVENT: PCR 23 is another afterwards, and the log has the event.
extends() {
    local before
    before=$(pcr23)
    attestd-measure "$socket" 23 attestd.test "$1" content || return 1
    [ "$(pcr23)" != "$before" ] && grep -q "attestd.test $1 content" "$event_log"
}

event_log=/run/attestation-agent/eventlog
mkdir -p /run/attestation-agent
stop_agent
check "tpm: attestd starts" start_tpm_agent
check "tpm: the platform is tpm" test "$(ctl tee)" = tpm
check "tpm: an event goes into the log and PCR 23" extends first
stop_agent -KILL
check "tpm: attestd starts again after kill -9" start_tpm_agent
check "tpm: and extends further" extends second
nonce=$(printf '%.64s' "$nonce")
check "tpm: evidence" evidence
keep tpm
