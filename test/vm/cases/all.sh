# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Runs the cases of this provider, one after another in one shell.
# shellcheck source=test/vm/cases/lib.sh
. /cases/lib.sh

case $provider in
sev_guest) device=/dev/sev-guest tee=snp ;;
tdx_guest) device=/dev/tdx_guest tee=tdx ;;
esac
export device tee

load_tee tsm=1 || fail "load: the test module loads"
# What the daemon has on its own: ioctl_test and tpm_test restart it, so that they come last.
cases="abi auto secret load transient permanent wrong_nonce stale_generation leftovers"
[ "$provider" = tdx_guest ] || cases="$cases ioctl tpm"
for case in $cases; do
    begin=$(cut -d' ' -f1 /proc/uptime)
    # shellcheck source=/dev/null
    . "/cases/$case.sh"
    echo "@@TIME $case $(cut -d' ' -f1 /proc/uptime) - $begin"
done
