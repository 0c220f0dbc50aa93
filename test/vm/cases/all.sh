# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Runs the cases of this provider, one after another in one shell.
# shellcheck source=test/vm/cases/lib.sh
. /cases/lib.sh

# The kernel's block devices need a platform whose evidence the broker takes, and no more.
cases=
if [ "$provider" = volume ]; then
    cases=volume
    provider=sev_guest
    for module in xor async_tx async_xor dm-mod dm-bufio dm-crypt dm-integrity loop xts authenc; do
        insmod "/modules/$module.ko" || fail "load: $module"
    done
fi
case $provider in
sev_guest) device=/dev/sev-guest tee=snp ;;
tdx_guest) device=/dev/tdx_guest tee=tdx ;;
esac
export device tee

load_tee tsm=1 || fail "load: the test module loads"
# What the daemon has on its own: ioctl_test and tpm_test restart it, so that they come last.
if [ -z "$cases" ]; then
    cases="abi auto secret load transient permanent wrong_nonce stale_generation leftovers"
    [ "$provider" = tdx_guest ] || cases="$cases ioctl tpm"
fi
for case in $cases; do
    begin=$(cut -d' ' -f1 /proc/uptime)
    # shellcheck source=/dev/null
    . "/cases/$case.sh"
    echo "@@TIME $case $(cut -d' ' -f1 /proc/uptime) - $begin"
done
