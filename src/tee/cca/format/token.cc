// SPDX-License-Identifier: Apache-2.0
#include "tee/cca/format/token.h"

#include <utility>

#include "base/cbor.h"
#include "tee/cca/format/claims.h"

namespace attestd::tee::cca {
namespace {

using base::Cbor;

// Arm DEN0137, "CCA attestation token" in CDDL.
constexpr int64_t kTokenTag = 399;
constexpr int64_t kPlatformKey = 44234;
constexpr int64_t kRealmKey = 44241;
// RFC 9052: COSE_Sign1 and its header parameters.
constexpr int64_t kSign1Tag = 18;
constexpr size_t kSign1Size = 4;
constexpr int64_t kAlgorithm = 1;
constexpr int64_t kCritical = 2;
// COSE_Key (RFC 9052, 7.1; RFC 9053, 7.1.1).
constexpr int64_t kKeyType = 1;
constexpr int64_t kKeyTypeEc2 = 2;
constexpr int64_t kKeyCurve = -1;
constexpr int64_t kKeyCurveP384 = 2;
constexpr int64_t kKeyX = -2;
constexpr int64_t kKeyY = -3;
// Of a coordinate on P-384, and what starts an uncompressed point (SEC 1, 2.3.3).
constexpr size_t kCoordinateSize = 48;
constexpr uint8_t kUncompressed = 4;

absl::Status Bad(std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, why);
}

struct SignedPart {
  Signature signature;
  base::Bytes payload;
};

absl::StatusOr<int64_t> GetAlgorithm(base::ByteView protected_header) {
  ASSIGN_OR_RETURN(const Cbor header, base::ParseCbor(protected_header));
  const Cbor* algorithm = header.Find(kAlgorithm);
  if (algorithm == nullptr || algorithm->kind != Cbor::Kind::kInteger) {
    return Bad("the protected header names no algorithm");
  }
  if (header.Find(kCritical) != nullptr) {
    return Bad("the protected header has critical parameters, which are not known");
  }
  return algorithm->number;
}

bool IsSign1(const Cbor& value) {
  return value.kind == Cbor::Kind::kTag && value.number == kSign1Tag &&
         value.items[0].kind == Cbor::Kind::kArray && value.items[0].items.size() == kSign1Size &&
         value.items[0].items[0].kind == Cbor::Kind::kBytes &&
         value.items[0].items[1].kind == Cbor::Kind::kMap &&
         value.items[0].items[2].kind == Cbor::Kind::kBytes &&
         value.items[0].items[3].kind == Cbor::Kind::kBytes;
}

// COSE_Sign1_Tagged in a byte string.
absl::StatusOr<SignedPart> ParseSign1(const Cbor* wrapped) {
  if (wrapped == nullptr || wrapped->kind != Cbor::Kind::kBytes) {
    return Bad("a byte string is needed");
  }
  ASSIGN_OR_RETURN(Cbor value, base::ParseCbor(wrapped->bytes));
  if (!IsSign1(value)) {
    return Bad("no COSE_Sign1 (tag 18) with its payload inside");
  }
  std::vector<Cbor>& parts = value.items[0].items;
  SignedPart part;
  ASSIGN_OR_RETURN(part.signature.algorithm, GetAlgorithm(parts[0].bytes));
  part.signature.signed_bytes =
      base::EncodeCbor(Cbor::Array({Cbor::Text("Signature1"), Cbor::ByteString(parts[0].bytes),
                                    Cbor::ByteString({}), Cbor::ByteString(parts[2].bytes)}));
  part.signature.value = std::move(parts[3].bytes);
  part.payload = std::move(parts[2].bytes);
  return part;
}

absl::Status ParsePlatform(const Cbor& collection, Token& token) {
  ASSIGN_OR_RETURN(SignedPart part, ParseSign1(collection.Find(kPlatformKey)));
  ASSIGN_OR_RETURN(token.platform, ParsePlatformClaims(part.payload));
  token.platform_signature = std::move(part.signature);
  return absl::OkStatus();
}

absl::Status ParseRealm(const Cbor& collection, Token& token) {
  ASSIGN_OR_RETURN(SignedPart part, ParseSign1(collection.Find(kRealmKey)));
  ASSIGN_OR_RETURN(token.realm, ParseRealmClaims(part.payload));
  token.realm_signature = std::move(part.signature);
  return absl::OkStatus();
}

bool IsCoordinate(const Cbor* value) {
  return value != nullptr && value->kind == Cbor::Kind::kBytes &&
         value->bytes.size() == kCoordinateSize;
}

bool IsNumber(const Cbor* value, int64_t number) {
  return value != nullptr && value->kind == Cbor::Kind::kInteger && value->number == number;
}

}  // namespace

absl::StatusOr<Token> ParseToken(base::ByteView bytes) {
  const absl::StatusOr<Cbor> collection =
      base::ParseCbor(bytes, base::CborLimits{.size = kMaxTokenSize});
  if (!collection.ok()) {
    return base::Annotate(collection.status(), "CCA token");
  }
  if (collection->kind != Cbor::Kind::kTag || collection->number != kTokenTag ||
      collection->items[0].kind != Cbor::Kind::kMap) {
    return Bad("CCA token: no map with tag 399");
  }
  Token token;
  if (const absl::Status status = ParsePlatform(collection->items[0], token); !status.ok()) {
    return base::Annotate(status, "CCA platform token");
  }
  if (const absl::Status status = ParseRealm(collection->items[0], token); !status.ok()) {
    return base::Annotate(status, "CCA realm token");
  }
  return token;
}

absl::StatusOr<base::Bytes> RealmKeyPoint(const RealmClaims& realm) {
  const base::ByteView key = realm.public_key;
  if (key.size() == 1 + 2 * kCoordinateSize && key[0] == kUncompressed) {
    return base::ToBytes(key.subspan(1));
  }
  const absl::StatusOr<Cbor> cose = base::ParseCbor(key);
  if (!cose.ok() || !IsNumber(cose->Find(kKeyType), kKeyTypeEc2) ||
      !IsNumber(cose->Find(kKeyCurve), kKeyCurveP384) || !IsCoordinate(cose->Find(kKeyX)) ||
      !IsCoordinate(cose->Find(kKeyY))) {
    return Bad("the realm's public key is neither a point nor a COSE_Key on P-384");
  }
  base::Bytes point = cose->Find(kKeyX)->bytes;
  const base::Bytes& y = cose->Find(kKeyY)->bytes;
  point.insert(point.end(), y.begin(), y.end());
  return point;
}

}  // namespace attestd::tee::cca
