// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BENCH_EMPTY_SERVER_H_
#define ATTESTD_BENCH_EMPTY_SERVER_H_

#include <string>

namespace attestd::bench {

// Serves GetAdditionalTees with an empty reply on a unix socket until the process is killed: what
// gRPC's callback server costs on its own. Returns an exit status when it cannot listen.
int ServeEmpty(const std::string& socket_path);

}  // namespace attestd::bench

#endif  // ATTESTD_BENCH_EMPTY_SERVER_H_
