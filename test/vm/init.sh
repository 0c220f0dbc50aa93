#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# The guest's first process: devices, modules, network, then the cases one after another. What they
# leave in /results goes to the host through a virtio port. The host judges by the lines that begin
# with @@ on the console.
/bin/busybox --install -s /bin
export PATH=/bin:/sbin TSS2_LOG=all+NONE
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /results

read -r command_line </proc/cmdline
for word in $command_line; do
    case $word in
    attestd.provider=*) provider=${word#*=} ;;
    esac
done
export provider

for module in configfs tsm failover net_failover virtio_net; do
    insmod "/modules/$module.ko" || echo "@@FAIL init: $module does not load"
done
mount -t configfs configfs /sys/kernel/config
ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
echo "@@BOOT $(cut -d' ' -f1 /proc/uptime) s, Linux $(uname -r)"

sh /cases/all.sh
echo "@@ENDED $(cut -d' ' -f1 /proc/uptime) s"
for port in /dev/vport*; do
    tar -C /results -cf - . >"$port"
done
poweroff -f
