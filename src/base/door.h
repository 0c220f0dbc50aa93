// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_DOOR_H_
#define ATTESTD_BASE_DOOR_H_

#include "base/caller.h"
#include "base/handle.h"

namespace attestd::base {

// Serves our methods in one protocol, to clients whose connections somebody else accepts.
class Door {
 public:
  Door() = default;
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  // Drains, drops what is left after 5 s, and returns when no call is under way.
  virtual ~Door() = default;

  // Serves the client behind a stream socket that does not block, and lets go of `caller` when the
  // connection is over. Safe to call from any thread.
  virtual void Accept(UniqueFd connection, CallerRef caller) = 0;
  // Takes no more requests and lets calls under way finish; returns at once.
  virtual void Drain() = 0;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_DOOR_H_
