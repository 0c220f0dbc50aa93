// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SANDBOX_SYSTEM_CALLS_H_
#define ATTESTD_SANDBOX_SYSTEM_CALLS_H_

#include <span>

namespace attestd::sandbox {

// Names as in syscalls(2). A name that an architecture does not have is passed over.

// Always allowed.
std::span<const char* const> AllowedCalls();

// What no code of ours or of our libraries has a reason to try: whoever tries has taken over.
std::span<const char* const> DeadlyCalls();

// Of these, those that start a program: a vendor's library may try them (SeccompOptions).
std::span<const char* const> ProgramCalls();

}  // namespace attestd::sandbox

#endif  // ATTESTD_SANDBOX_SYSTEM_CALLS_H_
