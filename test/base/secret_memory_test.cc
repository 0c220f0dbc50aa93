// SPDX-License-Identifier: Apache-2.0
// A program of its own: the arena belongs to the process, so that each case has a child for it.
#include "base/secret_memory.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "base/handle.h"
#include "base/secret.h"

namespace attestd::base {
namespace {

constexpr size_t kArena = size_t{1} << 20;
constexpr unsigned kNobody = 65534;

// The status of a child that does this; it passes with exit code 0.
int InChild(const std::function<int()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::_exit(work());
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

// Says what does not hold, and passes it on for the exit code.
int Failed(bool holds, const std::string& what) {
  if (!holds) {
    std::cerr << "does not hold: " << what << std::endl;
  }
  return holds ? 0 : 1;
}

// The flags of the mapping that holds an address (proc(5), VmFlags).
std::string FlagsAt(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  std::string line;
  bool inside = false;
  while (std::getline(smaps, line)) {
    unsigned long begin = 0;
    unsigned long end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      const auto wanted = reinterpret_cast<unsigned long>(address);
      inside = wanted >= begin && wanted < end;
    }
    if (inside && line.starts_with("VmFlags:")) {
      return line;
    }
  }
  return "";
}

bool Has(const std::string& flags, const std::string& flag) {
  return flags.find(" " + flag) != std::string::npos;
}

// Whether a debugger's way to an address gives the byte that is there.
bool IsReadFromOutside(const uint8_t* address) {
  const UniqueFd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  uint8_t byte = 0;
  return ::pread(memory.get(), &byte, 1, reinterpret_cast<off_t>(address)) == 1 && byte == *address;
}

bool KernelHasMemfdSecret() {
  const UniqueFd fd(static_cast<int>(::syscall(SYS_memfd_secret, O_CLOEXEC)));
  return fd.valid();
}

// From here on the kernel has no memfd_secret for this process.
void DenyMemfdSecret() {
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // seccomp_data.nr
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_secret, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter = {.len = program.size(), .filter = program.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

// Fills the arena, then empties it: 0 when it gave exactly its size and says when it is full.
int TestBound() {
  std::vector<Secret> taken;
  absl::Status status;
  while (status.ok() && taken.size() < 100) {
    auto secret = Secret::Allocate(kArena / 8);
    status = secret.status();
    if (secret.ok()) {
      std::fill(secret->writable().begin(), secret->writable().end(), uint8_t{0xa5});
      taken.push_back(*std::move(secret));
    }
  }
  int failed = Failed(
      absl::IsResourceExhausted(status) && GetReason(status) == Reason::kBusy && taken.size() == 8,
      "it is full after eight eighths, and says so");
  taken.clear();
  const auto whole = Secret::Allocate(kArena);
  failed |= Failed(whole.ok(), "what was given back is whole again");
  return failed | Failed(whole.ok() && std::all_of(whole->view().begin(), whole->view().end(),
                                                   [](uint8_t byte) { return byte == 0; }),
                         "what was given back is wiped");
}

// Whether root's debugger reads secrets; it reads the heap in any case.
int TestReader(bool reads) {
  const auto secret = Secret::Copy(AsBytes("a secret"));
  const Bytes plain = ToBytes(AsBytes("no secret"));
  return Failed(IsReadFromOutside(secret->view().data()) == reads, "who reads secrets") |
         Failed(IsReadFromOutside(plain.data()), "a debugger reads the heap");
}

int TestFlags(const std::vector<std::string>& wanted) {
  const auto secret = Secret::Copy(AsBytes("where am I"));
  const std::string flags = FlagsAt(secret->view().data());
  int failed = 0;
  for (const std::string& flag : wanted) {
    failed |= Failed(Has(flags, flag), "flag " + flag + " in \"" + flags + "\"");
  }
  const std::string plain(100, 'x');
  const std::string plain_flags = FlagsAt(plain.data());
  return failed |
         Failed(!plain_flags.empty() && !Has(plain_flags, "dd"), "an ordinary string is in dumps");
}

// What a child sees of a secret: 0 when no byte of it is there.
int TestFork(bool gone) {
  const auto secret = Secret::Copy(AsBytes("not for children"));
  const int status = InChild([&] {
    std::signal(SIGSEGV, SIG_DFL);  // Catch has a handler of its own
    return static_cast<const volatile uint8_t*>(secret->view().data())[0];
  });
  return Failed(gone ? WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV
                     : WIFEXITED(status) && WEXITSTATUS(status) == 0,
                "a child of fork has no secret");
}

TEST_CASE("With memfd_secret nobody else reads the secret memory") {
  if (!KernelHasMemfdSecret()) {
    std::cout << "SKIPPED: this kernel has no memfd_secret" << std::endl;
    return;
  }
  CHECK(InChild([] {
          const auto memory = SetUpSecretArena(kArena);
          if (!memory.ok() || memory->protection != SecretProtection::kMemfdSecret) {
            return Failed(false, "the arena is memfd_secret's");
          }
          return TestReader(/*reads=*/false) | TestFlags({"lo", "dd", "dc"}) |
                 TestFork(/*gone=*/true) | TestBound();
        }) == 0);
}

TEST_CASE(
    "Without memfd_secret the secret memory is locked, left out of dumps, and not a child's") {
  CHECK(InChild([] {
          DenyMemfdSecret();
          const auto memory = SetUpSecretArena(kArena);
          if (!memory.ok() || memory->protection != SecretProtection::kLocked) {
            return Failed(false, "the arena is locked");
          }
          return TestReader(/*reads=*/true) | TestFlags({"lo", "dd", "wf"}) |
                 TestFork(/*gone=*/false) | TestBound();
        }) == 0);
}

TEST_CASE("Where the kernel locks nothing, the secret memory works and says so") {
  if (::getuid() != 0) {
    std::cout << "SKIPPED: only root can become nobody" << std::endl;
    return;
  }
  CHECK(InChild([] {
          constexpr rlimit kNone = {.rlim_cur = 0, .rlim_max = 0};
          ::setrlimit(RLIMIT_MEMLOCK, &kNone);
          if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
              ::setresuid(kNobody, kNobody, kNobody) != 0 || ::prctl(PR_SET_DUMPABLE, 1) != 0) {
            return 2;
          }
          const auto memory = SetUpSecretArena(kArena);
          if (!memory.ok() || memory->locked()) {
            return Failed(false, "the arena is only guarded");
          }
          return TestFlags({"dd", "wf"}) | TestFork(/*gone=*/false) | TestBound();
        }) == 0);
}

TEST_CASE("An EC key's private number is in the secret memory") {
  CHECK(InChild([] {
          if (!SetUpSecretArena(kArena).ok()) {
            return Failed(false, "set up");
          }
          const size_t before = CRYPTO_secure_used();
          const Handle<EVP_PKEY, EVP_PKEY_free> key(EVP_EC_gen("P-256"));
          return Failed(key != nullptr && CRYPTO_secure_used() > before, "it is in the arena");
        }) == 0);
}

TEST_CASE("The kinds of secret memory have names of their own") {
  CHECK(ProtectionName(SecretProtection::kGuarded) == "not locked");
  CHECK(ProtectionName(SecretProtection::kLocked) == "locked");
  CHECK(ProtectionName(SecretProtection::kMemfdSecret) == "memfd_secret");
}

}  // namespace
}  // namespace attestd::base
