// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KEYPROVIDER_ANNOTATION_PACKET_H_
#define ATTESTD_KEYPROVIDER_ANNOTATION_PACKET_H_

#include <string>
#include <string_view>

#include "base/status.h"
#include "kbs_client/resource_uri.h"
#include "unseal/wrapped.h"

namespace attestd::keyprovider {

// What the annotation "org.opencontainers.image.enc.keys.provider.attestation-agent" of an
// encrypted layer says, in guest-components' JSON: the layer's options, encrypted under a key at a
// broker.
struct AnnotationPacket {
  kbs::ResourceUri key_id;
  unseal::Wrapped options;
};

// Version 1 (kid, wrapped_data, iv, wrap_type) or 2 (with version 0.1.0 and provider "kbs").
// Members that are not known, and provider settings and annotations, of which this provider has
// none, are not looked at. InvalidArgument (kBadPacket, kBadUri) for anything else.
absl::StatusOr<AnnotationPacket> ParseAnnotationPacket(std::string_view json);

// Version 2. `key_id` is the text that was parsed.
absl::StatusOr<std::string> WriteAnnotationPacket(std::string_view key_id,
                                                  const unseal::Wrapped& options);

}  // namespace attestd::keyprovider

#endif  // ATTESTD_KEYPROVIDER_ANNOTATION_PACKET_H_
