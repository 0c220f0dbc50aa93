// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BENCH_BENCH_REPORT_H_
#define ATTESTD_BENCH_BENCH_REPORT_H_

#include <string>

#include "bench/workloads.h"

namespace attestd::bench {

// Markdown: a table of what was measured, and a table of the criteria with yes or no.
std::string FormatReport(const Results& results);

}  // namespace attestd::bench

#endif  // ATTESTD_BENCH_BENCH_REPORT_H_
