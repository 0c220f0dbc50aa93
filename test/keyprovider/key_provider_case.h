// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_KEYPROVIDER_KEY_PROVIDER_CASE_H_
#define ATTESTD_TEST_KEYPROVIDER_KEY_PROVIDER_CASE_H_

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/encoding.h"
#include "base/json.h"

// Inputs as ocicrypt writes them.
namespace attestd::test {

inline std::string UnwrapInput(std::string_view annotation) {
  const base::Json input = {{"op", "keyunwrap"},
                            {"keywrapparams", {{"ec", nullptr}, {"optsdata", nullptr}}},
                            {"keyunwrapparams",
                             {{"dc", {{"Parameters", {{"attestation-agent", {"YW55"}}}}}},
                              {"annotation", base::Base64Encode(base::AsBytes(annotation))}}}};
  return input.dump();
}

inline std::string WrapInput(std::string_view parameters, base::ByteView options) {
  const base::Json input = {
      {"op", "keywrap"},
      {"keywrapparams",
       {{"ec",
         {{"Parameters", {{"attestation-agent", {base::Base64Encode(base::AsBytes(parameters))}}}},
          {"DecryptConfig", {{"Parameters", nullptr}}}}},
        {"optsdata", base::Base64Encode(options)}}},
      {"keyunwrapparams", {{"dc", nullptr}, {"annotation", nullptr}}}};
  return input.dump();
}

// The bytes that an output has under its two names.
inline base::Bytes OutputBytes(base::ByteView output, const char* results, const char* name) {
  const base::Json json = base::Json::parse(base::AsText(output));
  return base::BytesFromNumbers(json.at(results).at(name)).value();
}

}  // namespace attestd::test

#endif  // ATTESTD_TEST_KEYPROVIDER_KEY_PROVIDER_CASE_H_
