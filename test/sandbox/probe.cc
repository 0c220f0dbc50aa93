// SPDX-License-Identifier: Apache-2.0
// Tries one call, inside of the daemon's sandbox or outside:
//   attestd-sandbox-probe in|out CALL [PATH] [r:PATH] [w:PATH] [d:PATH] [refuse-programs]
// Prints "ok" or "errno NAME". A call that is deadly leaves no line.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/handle.h"
#include "sandbox/sandbox.h"

namespace attestd {
namespace {

using base::UniqueFd;
// Takes the path; at least 0 when it worked, else errno is set.
using Call = std::function<long(const std::string&)>;

Call System(long number, long first = 0, long second = 0, long third = 0, long fourth = 0) {
  return [=](const std::string&) { return ::syscall(number, first, second, third, fourth); };
}

long Open(const std::string& path, int flags) {
  return UniqueFd(::open(path.c_str(), flags | O_CLOEXEC, 0600)).get();
}

long Spawn(const std::string&) {
  pid_t pid = 0;
  std::string name = "true";
  char* const argv[] = {name.data(), nullptr};
  errno = ::posix_spawn(&pid, "/bin/true", nullptr, nullptr, argv, environ);
  return errno == 0 ? 0 : -1;
}

long Execute(const std::string&) {
  std::string name = "echo";
  std::string word = "ok";
  char* const argv[] = {name.data(), word.data(), nullptr};
  return ::execv("/bin/echo", argv);
}

long BindTo(const sockaddr* address, socklen_t size) {
  const UniqueFd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::bind(socket.get(), address, size);
}

long BindTcp(const std::string&) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  return BindTo(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

sockaddr_un UnixAddress(const std::string& path, bool abstract) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + (abstract ? 1 : 0), path.data(),
              std::min(path.size(), sizeof address.sun_path - 2));
  return address;
}

long ConnectUnix(const std::string& path, bool abstract) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = UnixAddress(path, abstract);
  const size_t size = abstract ? offsetof(sockaddr_un, sun_path) + 1 + path.size() : sizeof address;
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(size));
}

// What must end the process.
std::map<std::string_view, Call> Deadly() {
  return {{"execve", Execute},
          {"execveat", System(SYS_execveat, -1)},
          {"posix_spawn", Spawn},
          {"fork",
           [](const std::string&) -> long {
             const long pid = ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
             if (pid == 0) {
               ::_exit(0);
             }
             return pid;
           }},
          {"ptrace", System(SYS_ptrace, PTRACE_TRACEME)},
          {"process_vm_readv", System(SYS_process_vm_readv, ::getppid())},
          {"process_vm_writev", System(SYS_process_vm_writev, ::getppid())},
          {"bpf", System(SYS_bpf, -1)},
          {"io_uring_setup", System(SYS_io_uring_setup, 0)},
          {"userfaultfd", System(SYS_userfaultfd, -1)},
          {"open_by_handle_at", System(SYS_open_by_handle_at, -1)},
          {"mount", System(SYS_mount)},
          {"umount2", System(SYS_umount2, 0, -1)},
          {"unshare", System(SYS_unshare, 0)},
          {"setns", System(SYS_setns, -1)},
          {"chroot", System(SYS_chroot)},
          {"kexec_load", System(SYS_kexec_load, -1, -1, -1, -1)},
          {"init_module", System(SYS_init_module)},
          {"perf_event_open", System(SYS_perf_event_open)},
          {"keyctl", System(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING)},
          {"add_key", System(SYS_add_key)},
          {"setuid", System(SYS_setuid, ::getuid())},
          {"capset", System(SYS_capset)},
          {"personality", System(SYS_personality, -1)},
          {"pidfd_getfd", System(SYS_pidfd_getfd, -1)},
          {"settimeofday", System(SYS_settimeofday)}};
}

// What must fail, and what must go on.
std::map<std::string_view, Call> Others() {
  return {
      {"clone3", System(SYS_clone3)},
      {"memfd_create", System(SYS_memfd_create, reinterpret_cast<long>("probe"), 0)},
      {"mmap-write-execute",
       [](const std::string&) -> long {
         return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                    ? -1
                    : 0;
       }},
      {"mprotect-execute",
       [](const std::string&) -> long {
         void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return ::mprotect(page, 4096, PROT_READ | PROT_EXEC);
       }},
      {"socket-netlink", System(SYS_socket, AF_NETLINK, SOCK_RAW)},
      {"socket-packet", System(SYS_socket, AF_PACKET, SOCK_RAW)},
      {"signal-another", System(SYS_kill, ::getppid(), SIGWINCH)},
      {"look-for-another",
       [](const std::string&) -> long {
         // Landlock's EPERM says that it is there.
         return ::kill(::getppid(), 0) == 0 || errno == EPERM ? 0 : -1;
       }},
      {"signal-itself", System(SYS_kill, ::getpid(), SIGWINCH)},
      {"dumpable-again", System(SYS_prctl, PR_SET_DUMPABLE, 1)},
      {"lower-a-limit",
       [](const std::string&) -> long {
         rlimit limit{};
         ::getrlimit(RLIMIT_CORE, &limit);
         return ::setrlimit(RLIMIT_CORE, &limit);
       }},
      {"listen",
       [](const std::string&) -> long {
         return ::listen(UniqueFd(::socket(AF_UNIX, SOCK_STREAM, 0)).get(), 1) == 0 ||
                        errno == EINVAL
                    ? 0
                    : -1;
       }},
      // For a build with the address sanitizer, which must see it in the sandbox too.
      {"read-freed",
       [](const std::string&) -> long {
         auto text = std::make_unique<std::string>(64, 'x');
         const volatile char* const freed = text->data();
         text.reset();
         return *freed;
       }},
      {"terminal-input",
       [](const std::string&) -> long {
         const UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY));
         char byte = 'x';
         // Its high bits are not looked at by the kernel.
         return ::syscall(SYS_ioctl, terminal.get(), (1UL << 32) | TIOCSTI, &byte) == 0 ||
                        errno == EPERM || errno == EIO
                    ? 0
                    : -1;
       }},
      {"bind-tcp", BindTcp},
      {"thread",
       [](const std::string&) -> long {
         std::thread([] {}).join();
         return 0;
       }},
      {"library",
       [](const std::string& path) -> long {
         errno = ENOENT;
         return ::dlopen(path.c_str(), RTLD_NOW) != nullptr ? 0 : -1;
       }},
      {"resolve",
       [](const std::string&) -> long {
         addrinfo* found = nullptr;
         errno = ENOENT;
         return ::getaddrinfo("localhost", "80", nullptr, &found) == 0 ? 0 : -1;
       }},
      {"read", [](const std::string& path) { return Open(path, O_RDONLY); }},
      {"write", [](const std::string& path) { return Open(path, O_WRONLY); }},
      {"create", [](const std::string& path) { return Open(path, O_WRONLY | O_CREAT | O_EXCL); }},
      {"make-folder", [](const std::string& path) -> long { return ::mkdir(path.c_str(), 0700); }},
      {"remove", [](const std::string& path) -> long { return ::unlink(path.c_str()); }},
      {"link", [](const std::string& path) -> long { return ::symlink("/", path.c_str()); }},
      {"make-socket",
       [](const std::string& path) -> long {
         const sockaddr_un address = UnixAddress(path, false);
         return BindTo(reinterpret_cast<const sockaddr*>(&address), sizeof address);
       }},
      {"connect", [](const std::string& path) { return ConnectUnix(path, false); }},
      {"connect-abstract", [](const std::string& path) { return ConnectUnix(path, true); }}};
}

absl::Status EnterWith(int argc, char** argv) {
  sandbox::Needs needs;
  const std::map<std::string_view, sandbox::Access> kinds = {{"r:", sandbox::Access::kRead},
                                                             {"w:", sandbox::Access::kWrite},
                                                             {"d:", sandbox::Access::kDevice}};
  for (int i = 3; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (word == "refuse-programs") {
      needs.seccomp.refuse_programs = true;
    } else if (const auto kind = kinds.find(word.substr(0, 2)); kind != kinds.end()) {
      needs.grants.push_back({.path = std::string(word.substr(2)), .access = kind->second});
    }
  }
  return sandbox::Enter(needs).status();
}

int Main(int argc, char** argv) {
  std::map<std::string_view, Call> calls = Others();
  const std::map<std::string_view, Call> deadly = Deadly();
  if (argc > 1 && std::string_view(argv[1]) == "list") {
    for (const auto& [name, call] : deadly) {
      std::cout << name << "\n";
    }
    return 0;
  }
  calls.insert(deadly.begin(), deadly.end());
  if (argc < 3 || !calls.contains(argv[2])) {
    std::cerr << "usage: attestd-sandbox-probe list | in|out CALL [PATH] [r:PATH]...\n";
    return 2;
  }
  if (std::string_view(argv[1]) == "in") {
    if (const absl::Status status = EnterWith(argc, argv); !status.ok()) {
      std::cerr << status << "\n";
      return 3;
    }
  }
  errno = 0;
  const bool worked = calls.at(argv[2])(argc > 3 ? argv[3] : "") >= 0;
  std::cout << (worked ? std::string("ok") : std::string("errno ") + ::strerrorname_np(errno))
            << std::endl;
  // Nothing that a sanitizer does at the end is part of the call.
  ::_exit(0);
}

}  // namespace
}  // namespace attestd

int main(int argc, char** argv) { return attestd::Main(argc, argv); }
