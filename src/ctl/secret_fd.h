// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_SECRET_FD_H_
#define ATTESTD_CTL_SECRET_FD_H_

#include "base/bytes.h"
#include "base/handle.h"
#include "base/status.h"

namespace attestd::ctl {

// Takes the number of a descriptor before something else gets it; closed on exec. InvalidArgument
// when it is in use.
absl::StatusOr<base::UniqueFd> ReserveFd(int number);

// Puts a file in memory in the place of a reserved descriptor: these bytes, read from the start,
// sealed against any change (memfd_create(2), F_ADD_SEALS), and kept over exec.
absl::Status FillFd(const base::UniqueFd& reserved, base::ByteView bytes);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_SECRET_FD_H_
