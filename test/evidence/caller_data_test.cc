// SPDX-License-Identifier: Apache-2.0
#include "evidence/caller_data.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "evidence/collector.h"
#include "test/fakes/fake_evidence_source.h"

namespace attestd::evidence {
namespace {

base::Deadline Soon() { return base::Deadline::After(absl::Seconds(10)); }

base::Bytes Bound(CallerData rule, base::ByteView bytes, size_t limit) {
  const auto bound = BindCallerData(rule, bytes, limit);
  REQUIRE(bound.ok());
  return base::ToBytes(bound->view());
}

TEST_CASE("Case 30: a caller's bytes are bound whole or refused, by a fixed rule") {
  const size_t limit = GENERATE(size_t{32}, size_t{50}, size_t{64});
  const size_t size = GENERATE(size_t{0}, size_t{32}, size_t{33}, size_t{48}, size_t{50},
                               size_t{51}, size_t{63}, size_t{64}, size_t{65}, size_t{1} << 20);
  const base::Bytes bytes(size, 7);
  const auto raw = BindCallerData(CallerData::kRaw, bytes, limit);
  CHECK(raw.ok() == (size <= limit));
  if (raw.ok()) {
    CHECK(base::ToBytes(raw->view()) == bytes);
  } else {
    CHECK(absl::IsInvalidArgument(raw.status()));
    CHECK(base::GetReason(raw.status()) == base::Reason::kTooLarge);
  }
  const auto tagged = BindCallerData(CallerData::kTagged, bytes, limit);
  CHECK(tagged.ok() == (size <= 64));
  if (tagged.ok()) {
    CHECK(tagged->view().size() <= limit);
  }
}

TEST_CASE("Case 31: no bytes of a caller are bound as they are when tagged") {
  const RuntimeData handshake("nonce", {{"kty", "EC"}});
  const auto hash = GENERATE(base::HashAlgorithm::kSha256, base::HashAlgorithm::kSha384,
                             base::HashAlgorithm::kSha512);
  const base::Bytes digest = handshake.PrimaryDigest(hash, "").value();
  const size_t limit = GENERATE(size_t{32}, size_t{50}, size_t{64});
  base::Bytes carried = digest;  // as a platform with that limit has it
  carried.resize(std::min(limit, digest.size()));
  // Raw is what it says: the handshake's own report data.
  CHECK(Bound(CallerData::kRaw, carried, limit) == carried);
  base::Bytes tagged = Bound(CallerData::kTagged, digest, limit);
  tagged.resize(carried.size());
  CHECK(tagged != carried);
}

TEST_CASE("Case 31: the tagged rule is the one that is written down") {
  // printf 'attestd caller data v1\0abc' | openssl dgst -shaNNN
  const base::Bytes abc = {'a', 'b', 'c'};
  for (const auto& [limit, command_says] : std::initializer_list<std::pair<size_t, std::string>>{
           {32, "9fcf54f21b07726988dda0d019e4939a5ec1b788fcc1f16ac1390eddd809142e"},
           {50,
            "fec68e9e613c3ba31b96f28c47b16b3cd4ea506d7f97023c5bc384f2ca56e9ed24de1fa4d12fa502156721"
            "56b6c42dd9"},
           {64,
            "4214aef26fbc7d2c2bdf3d54fe64c60d0101bbda8b9caa10389d12fd00efad7f998477ba721f766fc34744"
            "23ecddb4f2d1195c301916297cb5ebb2cebe497ef3"}}) {
    CHECK(base::HexEncode(Bound(CallerData::kTagged, abc, limit)) == command_says);
  }
}

TEST_CASE("Tagged bytes that differ are bound to different report data") {
  std::set<base::Bytes> seen;
  for (const base::Bytes& bytes :
       {base::Bytes{}, base::Bytes{0}, base::Bytes{0, 0}, base::Bytes(64), base::Bytes{1}}) {
    CHECK(seen.insert(Bound(CallerData::kTagged, bytes, 64)).second);
  }
}

TEST_CASE("Case 31: a Collector that tags binds callers' bytes so, and handshakes as ever") {
  Collector collector(std::make_unique<fakes::FakeEvidenceSource>(), {}, CallerData::kTagged);
  const base::Bytes bytes(32, 9);
  const auto evidence = collector.CollectRaw(bytes, Soon());
  REQUIRE(evidence.ok());
  const auto contains = [](const std::string& json, const base::Bytes& data) {
    return json.find(base::Base64Encode(data)) != std::string::npos;
  };
  CHECK_FALSE(contains(evidence->json, bytes));
  CHECK(contains(evidence->json, Bound(CallerData::kTagged, bytes, 32)));
  const RuntimeData data("nonce", {{"kty", "EC"}});
  const auto handshake = collector.CollectFor(data, base::HashAlgorithm::kSha384, Soon());
  REQUIRE(handshake.ok());
  CHECK(contains(handshake->primary.json, *data.PrimaryDigest(base::HashAlgorithm::kSha384, "")));
}

}  // namespace
}  // namespace attestd::evidence
