// SPDX-License-Identifier: Apache-2.0
// What is read as an annotation packet, is written and read again as the same, and unwraps or says
// why not.
// Covers: src/keyprovider/annotation_packet.cc src/unseal/wrapped.cc
#include "fuzz/fuzz_target.h"
#include "keyprovider/annotation_packet.h"
#include "unseal/secrets.h"

namespace base = attestd::base;
namespace keyprovider = attestd::keyprovider;
namespace unseal = attestd::unseal;

FUZZ_TARGET(input) {
  const auto packet = keyprovider::ParseAnnotationPacket(base::AsText(input));
  if (!packet.ok()) {
    const auto reason = base::GetReason(packet.status());
    FUZZ_CHECK(reason == base::Reason::kBadPacket || reason == base::Reason::kBadUri);
    return;
  }
  const std::string key_id = unseal::Shown(packet->key_id);
  const auto text = keyprovider::WriteAnnotationPacket(key_id, packet->options);
  FUZZ_CHECK(text.ok());
  const auto again = keyprovider::ParseAnnotationPacket(*text);
  FUZZ_CHECK(again.ok() && unseal::Shown(again->key_id) == key_id);
  FUZZ_CHECK(again->options.type == packet->options.type);
  FUZZ_CHECK(again->options.iv == packet->options.iv);
  FUZZ_CHECK(again->options.data == packet->options.data);
  const base::Bytes key(32, 1);
  const auto plaintext = unseal::Unwrap(packet->options, key);
  FUZZ_CHECK(plaintext.ok() || plaintext.status() == unseal::DoesNotDecrypt());
  const auto wrapped = unseal::Wrap(packet->options.type, key, packet->options.data);
  FUZZ_CHECK(wrapped.ok());
  FUZZ_CHECK(unseal::Unwrap(*wrapped, key)->ConstantTimeEquals(packet->options.data));
}
