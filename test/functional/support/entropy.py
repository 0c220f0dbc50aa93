# SPDX-License-Identifier: Apache-2.0
"""Runs a program on a kernel that has no random bytes: entropy.py MODE FILE PROGRAM ARGUMENTS...

MODE "none": getrandom(2) fails and the devices are empty; "devices": only getrandom(2) fails;
"late": getrandom(2) blocks until FILE exists, as it does before the kernel is seeded. Needs root.
"""
import array
import ctypes
import fcntl
import os
import select
import socket
import struct
import sys
import time

_GETRANDOM, _SECCOMP = 318, 317  # x86-64
_ALLOW, _ERRNO, _NOTIFY = 0x7fff0000, 0x00050000, 0x7fc00000
_EIO = 5
_NEW_LISTENER = 8
_NOTIFY_RECEIVE, _NOTIFY_SEND = 0xc0502100, 0xc0182101
_CONTINUE = 1
_NEW_MOUNTS, _BIND, _PRIVATE, _RECURSIVE = 0x20000, 0x1000, 0x40000, 0x4000

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), what)
    return result


def filter_getrandom(verdict, flags=0):
    """Installs the filter in this process; the listener's descriptor with _NEW_LISTENER."""
    program = b"".join(struct.pack("<HBBI", *one) for one in (
        (0x20, 0, 0, 0),             # load the number of the call
        (0x15, 0, 1, _GETRANDOM),    # is it getrandom?
        (0x06, 0, 0, verdict), (0x06, 0, 0, _ALLOW)))
    buffer = ctypes.create_string_buffer(program)
    header = ctypes.create_string_buffer(
        struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer)))
    _check(_libc.prctl(38, 1, 0, 0, 0), "no_new_privs")
    return _check(_libc.syscall(_SECCOMP, 1, flags, header), "seccomp")


def empty_devices():
    _check(_libc.unshare(_NEW_MOUNTS), "unshare")
    _check(_libc.mount(b"none", b"/", None, _PRIVATE | _RECURSIVE, None), "private mounts")
    for device in (b"/dev/random", b"/dev/urandom", b"/dev/hwrng"):
        if os.path.exists(device):
            _check(_libc.mount(b"/dev/null", device, None, _BIND, None), "mount")


def supervise(listener, ready):
    """Holds each call back until the file is there."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        if any(event & select.POLLHUP for _, event in poll.poll()):
            return
        call = bytearray(80)
        try:
            fcntl.ioctl(listener, _NOTIFY_RECEIVE, call)
            while not os.path.exists(ready):
                time.sleep(0.01)
            number = struct.unpack_from("<Q", call)[0]
            fcntl.ioctl(listener, _NOTIFY_SEND, struct.pack("<QqiI", number, 0, 0, _CONTINUE))
        except OSError:
            continue  # who called is gone


def hold_back(ready):
    here, there = socket.socketpair()
    if os.fork() == 0:
        _libc.prctl(1, 9, 0, 0, 0)  # ends with who it watches
        here.close()
        _, ancillary, *_ = there.recvmsg(1, socket.CMSG_SPACE(4))
        descriptors = array.array("i")
        descriptors.frombytes(ancillary[0][2])
        supervise(descriptors[0], ready)
        os._exit(0)
    there.close()
    listener = filter_getrandom(_NOTIFY, _NEW_LISTENER)
    here.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener]))])
    os.close(listener)
    here.close()


def main():
    mode, ready, *argv = sys.argv[1:]
    if mode == "late":
        hold_back(ready)
    else:
        if mode == "none":
            empty_devices()
        filter_getrandom(_ERRNO | _EIO)
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main()
