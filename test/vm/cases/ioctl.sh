# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# Without a configfs-tsm provider, SNP evidence comes from the ioctls of /dev/sev-guest.
stop_agent
check "ioctl: the module without configfs-tsm" load_tee tsm=0
check "ioctl: mkdir finds no provider" test "$(mkdir "$reports/x" 2>&1 | grep -c 'No such device')" = 1
check "ioctl: attestd starts" start_agent auto
check "ioctl: the platform is snp" test "$(ctl tee)" = snp
check "ioctl: evidence" evidence
keep ioctl
check "ioctl: the host's certificates are there" grep -q '"cert_type":"VCEK"' /tmp/evidence
check "ioctl: 40 requests of 4 processes, 0 wrong nonces" load 40 4
for error in 16:EBUSY 4:EINTR 11:EAGAIN; do
    before=$(asked)
    fault "fault_errno=${error%:*}" fault_count=3
    check "Case 72: ioctl: ${error#*:} three times, then evidence" load 1 1
    check "Case 72: ioctl: ${error#*:} was met" test "$(asked)" -ge $((before + 4))
done
: >"$log"
fault fault_errno=5 fault_count=1000000
evidence --timeout 20s
check "Case 72: ioctl: EIO for good: fails" test ! -s /tmp/evidence
check "Case 72: ioctl: EIO for good: the log names device and cause" \
    wait_for grep -q "/dev/sev-guest.*Input/output error" "$log"
no_faults
check "Case 72: ioctl: works again after EIO" load 1 1
fault wrong_nonce_count=1000000
load 2 1 >/tmp/out 2>&1
check "Case 73: ioctl: a wrong nonce never leaves" grep -q "0 good, 0 wrong, 2 failed" /tmp/out
no_faults
check "Case 73: ioctl: works again afterwards" load 1 1
