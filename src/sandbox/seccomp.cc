// SPDX-License-Identifier: Apache-2.0
#include "sandbox/seccomp.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <initializer_list>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/handle.h"
#include "sandbox/system_calls.h"

// Debian 12's headers lack it.
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

namespace attestd::sandbox {
namespace {

constexpr uint64_t kTerminalRequests = uint64_t{'T'} << 8;
// TDX_CMD_GET_REPORT0 (linux/tdx-guest.h), of that very kind: _IOWR('T', 1, 1088 bytes).
constexpr unsigned kTdxGetReport0 = _IOC(_IOC_READ | _IOC_WRITE, 'T', 1, 1088);

using Filter = base::Handle<void, seccomp_release>;

// Rules of one filter; the first error stays.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx filter) : filter_(filter) {}

  void Add(uint32_t action, const char* name, std::initializer_list<scmp_arg_cmp> arguments = {}) {
    const int number = seccomp_syscall_resolve_name(name);
    if (!status_.ok() || number == __NR_SCMP_ERROR) {
      return;
    }
    const int error = seccomp_rule_add_array(
        filter_, action, number, static_cast<unsigned>(arguments.size()), arguments.begin());
    // EDOM: the architecture has no such call.
    if (error != 0 && error != -EDOM) {
      status_ = base::ErrnoStatus(-error, std::string("sandbox: seccomp rule for ") + name);
    }
  }
  void Allow(const char* name, std::initializer_list<scmp_arg_cmp> arguments = {}) {
    Add(SCMP_ACT_ALLOW, name, arguments);
  }
  const absl::Status& status() const { return status_; }

 private:
  scmp_filter_ctx filter_;
  absl::Status status_;
};

// Comparisons of an argument, all 64 bits of it.
scmp_arg_cmp Is(unsigned argument, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp Masked(unsigned argument, uint64_t mask, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

void AddThreads(Rules& rules, uint32_t on_program) {
  rules.Allow("clone", {Masked(0, CLONE_THREAD, CLONE_THREAD)});
  rules.Add(on_program, "clone", {Masked(0, CLONE_THREAD, 0)});
  // clone3 has its flags in memory, which no filter sees. It fails as all that is not named, and
  // the C library falls back to clone.
  for (const char* name : ProgramCalls()) {
    rules.Add(on_program, name);
  }
  const auto self = static_cast<uint64_t>(::getpid());
  rules.Allow("tgkill", {Is(0, self)});
  rules.Allow("kill", {Is(0, self)});
  // Whether a process is there.
  rules.Allow("kill", {Is(1, 0)});
}

void AddMemory(Rules& rules) {
  constexpr uint64_t kBoth = PROT_WRITE | PROT_EXEC;
  // Libraries are mapped to be executed, and never written.
  for (const uint64_t protection : {uint64_t{0}, uint64_t{PROT_WRITE}, uint64_t{PROT_EXEC}}) {
    rules.Allow("mmap", {Masked(2, kBoth, protection)});
  }
  rules.Allow("mprotect", {Masked(2, PROT_EXEC, 0)});
}

void AddProcess(Rules& rules) {
  for (const int option :
       {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_CAPBSET_READ, PR_SET_VMA}) {
    rules.Allow("prctl", {Is(0, static_cast<uint64_t>(option))});
  }
  // To read them only.
  rules.Allow("prlimit64", {Is(2, 0)});
  // Of terminals no more than this: other requests would type into one. The second byte of a
  // request is its kind (ioctl-number.rst).
  for (const unsigned request :
       {unsigned{FIONBIO}, unsigned{FIONREAD}, unsigned{TCGETS}, kTdxGetReport0}) {
    rules.Allow("ioctl", {Is(1, request)});
  }
  for (unsigned bit = 8; bit < 16; ++bit) {
    const uint64_t mask = uint64_t{1} << bit;
    rules.Allow("ioctl", {Masked(1, mask, ~kTerminalRequests & mask)});
  }
}

void AddSockets(Rules& rules) {
  for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_VSOCK}) {
    rules.Allow("socket", {Is(0, static_cast<uint64_t>(family))});
  }
  rules.Allow("socketpair", {Is(0, AF_UNIX)});
}

absl::Status Fill(scmp_filter_ctx filter, const SeccompOptions& options) {
  const uint32_t on_program =
      options.refuse_programs ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS;
  Rules rules(filter);
  for (const char* name : AllowedCalls()) {
    rules.Allow(name);
  }
  for (const char* name : DeadlyCalls()) {
    rules.Add(SCMP_ACT_KILL_PROCESS, name);
  }
  AddThreads(rules, on_program);
  AddMemory(rules);
  AddProcess(rules);
  AddSockets(rules);
  return rules.status();
}

}  // namespace

absl::Status InstallSeccomp(const SeccompOptions& options) {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
  if (filter == nullptr) {
    return absl::ResourceExhaustedError("sandbox: no memory for the seccomp filter");
  }
  // Calls of another architecture of this processor end the process.
  for (const auto& [attribute, value] :
       {std::pair(SCMP_FLTATR_ACT_BADARCH, uint32_t{SCMP_ACT_KILL_PROCESS}),
        std::pair(SCMP_FLTATR_CTL_TSYNC, uint32_t{1})}) {
    if (const int error = seccomp_attr_set(filter.get(), attribute, value); error != 0) {
      return base::ErrnoStatus(-error, "sandbox: seccomp filter");
    }
  }
  RETURN_IF_ERROR(Fill(filter.get(), options));
  const int error = seccomp_load(filter.get());
  return error == 0 ? absl::OkStatus()
                    : base::ErrnoStatus(-error,
                                        "sandbox: the kernel takes no seccomp filter; a kernel "
                                        "without CONFIG_SECCOMP_FILTER needs [sandbox] enabled = "
                                        "false");
}

}  // namespace attestd::sandbox
