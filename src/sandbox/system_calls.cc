// SPDX-License-Identifier: Apache-2.0
#include "sandbox/system_calls.h"

#include <array>

namespace attestd::sandbox {
namespace {

constexpr std::array kAllowed = {
    // Files. What may be opened is Landlock's and the file system's to say.
    "access", "chmod", "close", "close_range", "copy_file_range", "creat", "dup", "dup2", "dup3",
    "faccessat", "faccessat2", "fadvise64", "fallocate", "fchmod", "fchmodat", "fcntl", "fdatasync",
    "flock", "fstat", "fstatfs", "fsync", "ftruncate", "getcwd", "getdents", "getdents64", "lseek",
    "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat", "openat2", "pread64", "preadv",
    "preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readlink", "readlinkat", "readv",
    "rename", "renameat", "renameat2", "rmdir", "sendfile", "stat", "statfs", "statx",
    "sync_file_range", "truncate", "umask", "unlink", "unlinkat", "write", "writev",
    // Connections. What listens was opened before.
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "pipe",
    "pipe2", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt",
    "shutdown",
    // Waiting.
    "clock_getres", "clock_gettime", "clock_nanosleep", "epoll_create", "epoll_create1",
    "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd", "eventfd2", "gettimeofday",
    "nanosleep", "poll", "ppoll", "pselect6", "select", "signalfd", "signalfd4", "time",
    "timerfd_create", "timerfd_gettime", "timerfd_settime",
    // Threads and signals of our own.
    "exit", "exit_group", "futex", "futex_waitv", "get_robust_list", "getcpu", "getpid", "getppid",
    "gettid", "membarrier", "restart_syscall", "rseq", "rt_sigaction", "rt_sigpending",
    "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "sched_get_priority_max",
    "sched_get_priority_min", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
    "sched_yield", "set_robust_list", "set_tid_address", "sigaltstack",
    // The mount helper's end.
    "wait4", "waitid",
    // Memory.
    "brk", "madvise", "mincore", "mlock", "mlock2", "mremap", "msync", "munlock", "munmap",
    // What we are.
    "getegid", "geteuid", "getgid", "getgroups", "getrandom", "getresgid", "getresuid", "getrlimit",
    "getrusage", "getuid", "pidfd_open", "sysinfo", "times", "uname"};

constexpr std::array kPrograms = {"execve", "execveat", "fork", "vfork"};

constexpr std::array kDeadly = {
    // Other processes.
    "kcmp", "pidfd_getfd", "pidfd_send_signal", "process_madvise", "process_mrelease",
    "process_vm_readv", "process_vm_writev", "ptrace", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    "tkill",
    // The kernel.
    "_sysctl", "acct", "bpf", "delete_module", "finit_module", "init_module", "kexec_file_load",
    "kexec_load", "lookup_dcookie", "nfsservctl", "perf_event_open", "quotactl", "quotactl_fd",
    "reboot", "swapoff", "swapon", "syslog", "userfaultfd",
    // Calls that would pass by this filter.
    "io_uring_enter", "io_uring_register", "io_uring_setup",
    // What is mounted, and namespaces.
    "chroot", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount",
    "open_by_handle_at", "open_tree", "pivot_root", "setns", "umount", "umount2", "unshare",
    // Keys, clocks, ports, modes of the processor.
    "add_key", "adjtimex", "clock_adjtime", "clock_settime", "ioperm", "iopl", "keyctl",
    "modify_ldt", "personality", "request_key", "setdomainname", "sethostname", "settimeofday",
    "stime",
    // Who we are.
    "capset", "mknod", "mknodat", "setfsgid", "setfsuid", "setgid", "setgroups", "setregid",
    "setresgid", "setresuid", "setreuid", "setuid"};

}  // namespace

std::span<const char* const> AllowedCalls() { return kAllowed; }
std::span<const char* const> DeadlyCalls() { return kDeadly; }
std::span<const char* const> ProgramCalls() { return kPrograms; }

}  // namespace attestd::sandbox
