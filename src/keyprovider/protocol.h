// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KEYPROVIDER_PROTOCOL_H_
#define ATTESTD_KEYPROVIDER_PROTOCOL_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"
#include "kbs_client/resource_uri.h"
#include "unseal/wrapped.h"

// The JSON of ocicrypt's key provider protocol (containers/ocicrypt, keywrap/keyprovider). An input
// is read where it lies, since the keys of other schemes may travel in it too.
namespace attestd::keyprovider {

// The annotation of a "keyunwrap" input, decoded: JSON of an annotation packet. Whatever else the
// input has is not looked at. At most 256 KiB; InvalidArgument (kBadPacket) otherwise.
absl::StatusOr<base::Bytes> ParseUnwrapInput(std::string_view json);

// How to wrap: "keyid=kbs:///...::algorithm=A256GCM::keypath=FILE", of which only keyid must be
// there.
struct WrapParameters {
  std::string key_id;  // as it was written
  kbs::ResourceUri uri;
  unseal::WrapType type = unseal::WrapType::kA256Gcm;
  std::optional<std::string> key_path;
};

// InvalidArgument (kBadPacket, kBadUri) for a parameter twice, one that is not known (of
// coco_keyprovider's also "sample", a key that everybody has), or a value that is none.
absl::StatusOr<WrapParameters> ParseWrapParameters(std::string_view text);

// A "keywrap" input.
struct WrapInput {
  WrapParameters parameters;
  base::Secret options;  // the layer's, with its key
};

// Its parameters are the one element of ec.Parameters["attestation-agent"]. At most 256 KiB.
// InvalidArgument (kBadPacket, kBadUri) otherwise.
absl::StatusOr<WrapInput> ParseWrapInput(std::string_view json);

// {"keyunwrapresults":{"optsdata":[numbers]}}, as guest-components writes bytes.
absl::StatusOr<base::Secret> WriteUnwrapOutput(base::ByteView options);
// {"keywrapresults":{"annotation":[numbers]}}
absl::StatusOr<base::Secret> WriteWrapOutput(std::string_view annotation);

}  // namespace attestd::keyprovider

#endif  // ATTESTD_KEYPROVIDER_PROTOCOL_H_
