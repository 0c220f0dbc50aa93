// SPDX-License-Identifier: Apache-2.0
#include "keyprovider/protocol.h"

#include <catch2/catch.hpp>

#include "test/keyprovider/key_provider_case.h"

namespace attestd::keyprovider {
namespace {

using base::Json;
using base::Reason;

const std::string kParameters = "keyid=kbs:///a/b/c";
const base::Bytes kOptions = {'{', 0, 255, '}'};

Json GoodWrap() { return Json::parse(test::WrapInput(kParameters, kOptions)); }
Json GoodUnwrap() { return Json::parse(test::UnwrapInput("a packet")); }

TEST_CASE("The annotation of an unwrap input is decoded, and the rest is not looked at") {
  Json input = GoodUnwrap();
  CHECK(base::AsText(ParseUnwrapInput(input.dump()).value()) == "a packet");
  // Keys of other schemes travel in it.
  input["keyunwrapparams"]["dc"] = {{"Parameters", {{"privkeys", {"QUJD\n"}}, {"x", nullptr}}}};
  input.erase("keywrapparams");
  CHECK(ParseUnwrapInput(input.dump(1)).ok());
}

TEST_CASE("An unwrap input of another shape is refused") {
  std::vector<Json> inputs(6, GoodUnwrap());
  inputs[0]["op"] = "keywrap";
  inputs[1].erase("op");
  inputs[2]["keyunwrapparams"].erase("annotation");
  inputs[3]["keyunwrapparams"]["annotation"] = nullptr;
  inputs[4]["keyunwrapparams"]["annotation"] = "YQ";
  inputs[5]["keyunwrapparams"] = Json::array();
  inputs.push_back(Json::parse(test::UnwrapInput(std::string(size_t{256} << 10, 'x'))));
  std::vector<std::string> texts = {"",
                                    "{}",
                                    "[]",
                                    "null",
                                    "\xff",
                                    std::string(10000, '['),
                                    std::string(10000, '{'),
                                    GoodUnwrap().dump() + "x",
                                    R"({"op":"keyunwrap","op":"keyunwrap","keyunwrapparams":{}})"};
  for (const Json& input : inputs) {
    texts.push_back(input.dump());
  }
  for (const std::string& text : texts) {
    INFO(text.substr(0, 200));
    const auto annotation = ParseUnwrapInput(text);
    CHECK(absl::IsInvalidArgument(annotation.status()));
    CHECK(base::GetReason(annotation.status()) == Reason::kBadPacket);
  }
}

TEST_CASE("A wrap input has parameters, and options that are secret") {
  const auto input = ParseWrapInput(GoodWrap().dump());
  REQUIRE(input.ok());
  CHECK(input->options.ConstantTimeEquals(kOptions));
  CHECK(input->parameters.key_id == "kbs:///a/b/c");
  CHECK(input->parameters.uri.path() == "a/b/c");
  CHECK(input->parameters.type == unseal::WrapType::kA256Gcm);
  CHECK_FALSE(input->parameters.key_path.has_value());
}

TEST_CASE("A wrap input of another shape is refused, and not quoted") {
  std::vector<Json> inputs(9, GoodWrap());
  inputs[0]["op"] = "keyunwrap";
  inputs[1]["keywrapparams"].erase("optsdata");
  inputs[2]["keywrapparams"]["optsdata"] = "QUJD!";
  inputs[3]["keywrapparams"]["optsdata"] = "QUJ";
  inputs[4]["keywrapparams"]["ec"] = nullptr;
  inputs[5]["keywrapparams"]["ec"]["Parameters"] = Json::object();
  inputs[6]["keywrapparams"]["ec"]["Parameters"]["attestation-agent"] = Json::array();
  inputs[7]["keywrapparams"]["ec"]["Parameters"]["attestation-agent"].push_back("a2V5aWQ9");
  inputs[8]["keywrapparams"]["ec"]["Parameters"]["attestation-agent"][0] = "?";
  for (const Json& json : inputs) {
    INFO(json.dump());
    const auto input = ParseWrapInput(json.dump());
    CHECK(absl::IsInvalidArgument(input.status()));
    CHECK(base::GetReason(input.status()) == Reason::kBadPacket);
    const auto message = input.status().message();
    CHECK(std::string(message.data(), message.size()).find("QUJ") == std::string::npos);
  }
}

TEST_CASE("Wrap parameters are keyid, algorithm and keypath, in any order") {
  const auto parameters =
      ParseWrapParameters("algorithm=A256CTR::keypath=/a/b=c::keyid=kbs://broker/a/b/c");
  REQUIRE(parameters.ok());
  CHECK(parameters->type == unseal::WrapType::kA256Ctr);
  CHECK(parameters->key_path == "/a/b=c");
  CHECK(parameters->uri.broker() == "broker");
}

TEST_CASE("Wrap parameters of another kind are refused") {
  const std::string text = GENERATE(
      "", "keyid", "keyid=", "algorithm=A256GCM",
      "keyid=kbs:///a/b/c::", "keyid=kbs:///a/b/c::keyid=kbs:///a/b/c",
      "keyid=kbs:///a/b/c::algorithm=A128GCM", "keyid=kbs:///a/b/c::algorithm=a256gcm",
      "keyid=kbs:///a/b/c::sample=true", "keyId=kbs:///a/b/c", "keyid=kbs:///a/b/c::keypath=");
  CAPTURE(text);
  const auto parameters = ParseWrapParameters(text);
  CHECK(absl::IsInvalidArgument(parameters.status()));
  CHECK(base::GetReason(parameters.status()) == Reason::kBadPacket);
  CHECK(base::GetReason(ParseWrapParameters("keyid=/a/b/c").status()) == Reason::kBadUri);
  CHECK_FALSE(ParseWrapParameters("keyid=" + std::string(5000, 'a')).ok());
}

TEST_CASE("Outputs are arrays of numbers, of any length") {
  base::Bytes bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<uint8_t>(i));
  }
  const auto unwrapped = WriteUnwrapOutput(bytes);
  REQUIRE(unwrapped.ok());
  CHECK(test::OutputBytes(unwrapped->view(), "keyunwrapresults", "optsdata") == bytes);
  CHECK(base::AsText(WriteUnwrapOutput({})->view()) == R"({"keyunwrapresults":{"optsdata":[]}})");
  const base::Bytes few = {0, 9, 10, 99, 100, 255};
  CHECK(base::AsText(WriteUnwrapOutput(few)->view()) ==
        R"({"keyunwrapresults":{"optsdata":[0,9,10,99,100,255]}})");
  CHECK(base::AsText(WriteWrapOutput("{}")->view()) ==
        R"({"keywrapresults":{"annotation":[123,125]}})");
}

}  // namespace
}  // namespace attestd::keyprovider
