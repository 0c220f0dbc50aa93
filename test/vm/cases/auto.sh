# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# "auto" finds the TEE, although there is a TPM as well.
check "auto: a TPM is there" test -c /dev/tpmrm0
check "auto: attestd starts" start_agent auto
check "auto: the platform is $tee" test "$(ctl tee)" = "$tee"
check "auto: evidence" evidence
keep auto
