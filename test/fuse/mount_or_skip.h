// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_MOUNT_OR_SKIP_H_
#define ATTESTD_TEST_FUSE_MOUNT_OR_SKIP_H_

#include <catch2/catch.hpp>

#include "test/fuse/fake_tee_mount.h"

// Mounts the stand-in devices; a case returns at once, as skipped, where they cannot be mounted.
// MOUNT_OR_SKIP(name, provider[, {options}])
#define MOUNT_OR_SKIP(name, ...)                                                           \
  if (const std::string why = ::attestd::fake_tee::FakeTeeMount::WhyNot(); !why.empty()) { \
    WARN("SKIPPED: the stand-in devices cannot be mounted: " << why);                      \
    return;                                                                                \
  }                                                                                        \
  const auto name##_or = ::attestd::fake_tee::FakeTeeMount::Start(__VA_ARGS__);            \
  INFO(name##_or.status().ToString());                                                     \
  REQUIRE(name##_or.ok());                                                                 \
  const ::attestd::fake_tee::FakeTeeMount& name = *name##_or

#endif  // ATTESTD_TEST_FUSE_MOUNT_OR_SKIP_H_
