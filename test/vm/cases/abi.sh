# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154 # variables of lib.sh
# What attestd relies on in the kernel's interfaces holds here.
check "abi: configfs-tsm" attestd_abi_probe "$provider" "$reports" "$parameters"
check "abi: $device" attestd_device_probe "$provider" "$device"
check "abi: $device is a character device" test -c "$device"
check "abi: no report is left" test -z "$(ls "$reports")"
