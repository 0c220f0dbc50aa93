// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_STARTUP_PAGES_H_
#define ATTESTD_AGENT_STARTUP_PAGES_H_

namespace attestd::agent {

// Unmaps the code and constants of the program and its libraries, which start-up has touched far
// more widely than serving does; what is still needed is mapped again from the page cache at its
// next use. Only read-only file mappings are touched: nothing in them can be lost.
void ReleaseStartupPages();

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_STARTUP_PAGES_H_
