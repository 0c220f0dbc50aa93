// SPDX-License-Identifier: Apache-2.0
// A message to the mount helper, and the plan for what it asks.
// Covers: src/secure_mount/wire.cc src/secure_mount/mount_plan.cc src/secure_mount/mkfs_options.cc
#include "fuzz/fuzz_target.h"
#include "secure_mount/mount_plan.h"
#include "secure_mount/wire.h"

using attestd::secure_mount::Cancel;
using attestd::secure_mount::Order;

namespace {

// What a helper says is the same when it is said again.
void CheckOutcome(std::string_view text) {
  const auto outcome = attestd::secure_mount::DecodeOutcome(text);
  if (!outcome.ok()) {
    return;
  }
  const auto again = attestd::secure_mount::DecodeOutcome(attestd::secure_mount::Encode(*outcome));
  FUZZ_CHECK(again.ok() && again->id == outcome->id);
  FUZZ_CHECK(again->status.code() == outcome->status.code());
  FUZZ_CHECK(attestd::base::GetReason(again->status) == attestd::base::GetReason(outcome->status));
}

}  // namespace

FUZZ_TARGET(input) {
  CheckOutcome(attestd::base::AsText(input));
  const auto said = attestd::secure_mount::DecodeOrder(attestd::base::AsText(input));
  if (const auto* cancel = said.ok() ? std::get_if<Cancel>(&*said) : nullptr) {
    const auto again = attestd::secure_mount::DecodeOrder(attestd::secure_mount::Encode(*cancel));
    FUZZ_CHECK(again.ok() && std::get<Cancel>(*again).id == cancel->id);
  }
  const auto* order = said.ok() ? std::get_if<Order>(&*said) : nullptr;
  if (order == nullptr) {
    return;
  }
  const auto text = attestd::secure_mount::Encode(*order);
  FUZZ_CHECK(text.ok());
  const auto again = attestd::secure_mount::DecodeOrder(*text);
  FUZZ_CHECK(again.ok() && std::get<Order>(*again).request.options == order->request.options);
  attestd::secure_mount::ParseKeySource(order->request).IgnoreError();
  const auto plan = attestd::secure_mount::ParseMountPlan(order->request);
  if (!plan.ok()) {
    FUZZ_CHECK(attestd::base::GetReason(plan.status()).has_value());
    return;
  }
  FUZZ_CHECK(plan->mount_point.starts_with('/') && !plan->mount_point.ends_with('/'));
  FUZZ_CHECK((plan->mount_point + "/").find("/../") == std::string::npos);
  FUZZ_CHECK(plan->mapper_name.find('/') == std::string::npos);
  if (plan->filesystem.has_value()) {
    for (const std::string& word : plan->filesystem->mkfs_options) {
      FUZZ_CHECK(!word.empty() && word.find('/') == std::string::npos);
    }
  }
}
