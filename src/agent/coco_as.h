// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_COCO_AS_H_
#define ATTESTD_AGENT_COCO_AS_H_

#include <memory>

#include "agent/broker_factory.h"
#include "agent/coco_as_config.h"
#include "base/status.h"
#include "kbs_client/as_client.h"

namespace attestd::agent {

// Who gets tokens of type "coco_as"; null when no service is configured. Errors name the file and
// what to change.
absl::StatusOr<std::unique_ptr<kbs::AsClient>> MakeAsClient(const CocoAsConfig& config,
                                                            const BrokerContext& context);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_COCO_AS_H_
