# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# The broker on the host verifies the evidence and releases a secret; the host compares the bytes.
check "secret: the broker releases it" \
    ctl get-resource --out /results/secret --mode 0600 kbs:///default/vm/secret
ctl get-resource kbs:///default/vm/locked >/tmp/locked 2>/tmp/error
check "secret: what the policy denies is refused" test "$?" = 3
check "secret: and gives no bytes" test ! -s /tmp/locked
