// SPDX-License-Identifier: Apache-2.0
#include "appraisal/tcb_collateral.h"

#include <absl/strings/strip.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace attestd::appraisal {
namespace {

constexpr std::array<std::string_view, 7> kStatuses = {
    "UpToDate",
    "SWHardeningNeeded",
    "ConfigurationNeeded",
    "ConfigurationAndSWHardeningNeeded",
    "OutOfDate",
    "OutOfDateConfigurationNeeded",
    "Revoked",
};

absl::Status Malformed(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, what);
}

absl::StatusOr<uint16_t> GetSvn(const base::Json& object, std::string_view key) {
  ASSIGN_OR_RETURN(const uint64_t number, base::GetUnsigned(object, key, 0xffff));
  return static_cast<uint16_t>(number);
}

absl::StatusOr<base::Bytes> GetHex(const base::Json& object, std::string_view key, size_t size) {
  ASSIGN_OR_RETURN(const std::string text, base::GetString(object, key));
  absl::StatusOr<base::Bytes> bytes = base::HexDecode(text);
  if (!bytes.ok() || bytes->size() != size) {
    return Malformed("\"" + std::string(key) + "\" is not hex of " + std::to_string(size) +
                     " bytes");
  }
  return bytes;
}

absl::StatusOr<absl::Time> GetTime(const base::Json& object, std::string_view key) {
  ASSIGN_OR_RETURN(const std::string text, base::GetString(object, key));
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return Malformed("\"" + std::string(key) + "\" is no date of RFC 3339");
  }
  return time;
}

absl::StatusOr<const base::Json*> GetArray(const base::Json& object, std::string_view key) {
  ASSIGN_OR_RETURN(const base::Json* value, base::GetMember(object, key));
  if (!value->is_array()) {
    return Malformed("\"" + std::string(key) + "\" is no array");
  }
  return value;
}

absl::StatusOr<std::string> GetStatus(const base::Json& level) {
  ASSIGN_OR_RETURN(std::string status, base::GetString(level, "tcbStatus"));
  if (std::find(kStatuses.begin(), kStatuses.end(), status) == kStatuses.end()) {
    return Malformed("\"tcbStatus\" is none of the known words");
  }
  return status;
}

// Absent where there are none.
absl::StatusOr<std::vector<std::string>> GetAdvisories(const base::Json& level) {
  std::vector<std::string> ids;
  if (!level.contains("advisoryIDs")) {
    return ids;
  }
  ASSIGN_OR_RETURN(const base::Json* array, GetArray(level, "advisoryIDs"));
  for (const base::Json& id : *array) {
    if (!id.is_string()) {
      return Malformed("\"advisoryIDs\" has what is no text");
    }
    ids.push_back(id.get<std::string>());
  }
  return ids;
}

absl::StatusOr<Svns> GetComponents(const base::Json& tcb, std::string_view key) {
  ASSIGN_OR_RETURN(const base::Json* array, GetArray(tcb, key));
  Svns svns{};
  if (array->size() != svns.size()) {
    return Malformed("\"" + std::string(key) + "\" has not 16 components");
  }
  for (size_t i = 0; i < svns.size(); ++i) {
    ASSIGN_OR_RETURN(const uint64_t svn, base::GetUnsigned((*array)[i], "svn", 0xff));
    svns.at(i) = static_cast<uint8_t>(svn);
  }
  return svns;
}

absl::StatusOr<TcbLevel> ParseLevel(const base::Json& json, bool is_tdx) {
  TcbLevel level;
  ASSIGN_OR_RETURN(const base::Json* tcb, base::GetMember(json, "tcb"));
  ASSIGN_OR_RETURN(level.sgx, GetComponents(*tcb, "sgxtcbcomponents"));
  if (is_tdx) {
    ASSIGN_OR_RETURN(level.tdx, GetComponents(*tcb, "tdxtcbcomponents"));
  }
  ASSIGN_OR_RETURN(level.pce_svn, GetSvn(*tcb, "pcesvn"));
  ASSIGN_OR_RETURN(level.status, GetStatus(json));
  ASSIGN_OR_RETURN(level.date, base::GetString(json, "tcbDate"));
  ASSIGN_OR_RETURN(level.advisories, GetAdvisories(json));
  return level;
}

absl::StatusOr<std::vector<IsvLevel>> ParseIsvLevels(const base::Json& json) {
  ASSIGN_OR_RETURN(const base::Json* array, GetArray(json, "tcbLevels"));
  std::vector<IsvLevel> levels;
  for (const base::Json& element : *array) {
    IsvLevel& level = levels.emplace_back();
    ASSIGN_OR_RETURN(const base::Json* tcb, base::GetMember(element, "tcb"));
    ASSIGN_OR_RETURN(level.isv_svn, GetSvn(*tcb, "isvsvn"));
    ASSIGN_OR_RETURN(level.status, GetStatus(element));
    ASSIGN_OR_RETURN(level.advisories, GetAdvisories(element));
  }
  return levels;
}

absl::StatusOr<TdxModule> ParseModule(const base::Json& json) {
  TdxModule module;
  ASSIGN_OR_RETURN(module.mr_signer, GetHex(json, "mrsigner", 48));
  ASSIGN_OR_RETURN(module.attributes, GetHex(json, "attributes", 8));
  ASSIGN_OR_RETURN(module.attributes_mask, GetHex(json, "attributesMask", 8));
  return module;
}

absl::Status ParseModules(const base::Json& json, TcbInfo& info) {
  ASSIGN_OR_RETURN(const base::Json* module, base::GetMember(json, "tdxModule"));
  ASSIGN_OR_RETURN(info.module, ParseModule(*module));
  if (!json.contains("tdxModuleIdentities")) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const base::Json* identities, GetArray(json, "tdxModuleIdentities"));
  for (const base::Json& element : *identities) {
    ASSIGN_OR_RETURN(TdxModule identity, ParseModule(element));
    ASSIGN_OR_RETURN(identity.id, base::GetString(element, "id"));
    ASSIGN_OR_RETURN(identity.levels, ParseIsvLevels(element));
    info.module_identities.push_back(std::move(identity));
  }
  return absl::OkStatus();
}

absl::Status ExpectVersion(const base::Json& json, uint64_t version) {
  ASSIGN_OR_RETURN(const uint64_t found, base::GetUnsigned(json, "version", 0xffff));
  return found == version ? absl::OkStatus()
                          : Malformed("\"version\": expected " + std::to_string(version) +
                                      ", found " + std::to_string(found));
}

absl::StatusOr<TcbInfo> ReadTcbInfo(const base::Json& json) {
  TcbInfo info;
  ASSIGN_OR_RETURN(info.id, base::GetString(json, "id"));
  RETURN_IF_ERROR(ExpectVersion(json, 3));
  if (info.id != "SGX" && info.id != "TDX") {
    return Malformed(R"("id" is neither "SGX" nor "TDX")");
  }
  ASSIGN_OR_RETURN(info.issued, GetTime(json, "issueDate"));
  ASSIGN_OR_RETURN(info.next_update, GetTime(json, "nextUpdate"));
  ASSIGN_OR_RETURN(info.fmspc, GetHex(json, "fmspc", 6));
  ASSIGN_OR_RETURN(info.pce_id, GetHex(json, "pceId", 2));
  const bool is_tdx = info.id == "TDX";
  if (is_tdx) {
    RETURN_IF_ERROR(ParseModules(json, info));
  }
  ASSIGN_OR_RETURN(const base::Json* levels, GetArray(json, "tcbLevels"));
  for (const base::Json& element : *levels) {
    ASSIGN_OR_RETURN(TcbLevel level, ParseLevel(element, is_tdx));
    info.levels.push_back(std::move(level));
  }
  return info;
}

absl::StatusOr<QeIdentity> ReadQeIdentity(const base::Json& json) {
  QeIdentity identity;
  ASSIGN_OR_RETURN(identity.id, base::GetString(json, "id"));
  RETURN_IF_ERROR(ExpectVersion(json, 2));
  ASSIGN_OR_RETURN(identity.issued, GetTime(json, "issueDate"));
  ASSIGN_OR_RETURN(identity.next_update, GetTime(json, "nextUpdate"));
  ASSIGN_OR_RETURN(identity.misc_select, GetHex(json, "miscselect", 4));
  ASSIGN_OR_RETURN(identity.misc_select_mask, GetHex(json, "miscselectMask", 4));
  ASSIGN_OR_RETURN(identity.attributes, GetHex(json, "attributes", 16));
  ASSIGN_OR_RETURN(identity.attributes_mask, GetHex(json, "attributesMask", 16));
  ASSIGN_OR_RETURN(identity.mr_signer, GetHex(json, "mrsigner", 32));
  ASSIGN_OR_RETURN(identity.isv_prod_id, GetSvn(json, "isvprodid"));
  ASSIGN_OR_RETURN(identity.levels, ParseIsvLevels(json));
  return identity;
}

}  // namespace

absl::StatusOr<SignedText> SplitCollateral(std::string_view text) {
  constexpr std::string_view kSignature = R"(,"signature":")";
  constexpr size_t kSignatureHex = 128;
  const std::string stripped(absl::StripAsciiWhitespace(std::string(text)));
  std::string_view rest = stripped;
  for (const std::string member : {"tcbInfo", "enclaveIdentity"}) {
    const std::string front = "{\"" + member + "\":";
    const size_t around = front.size() + kSignature.size() + kSignatureHex + 2;
    if (!rest.starts_with(front) || rest.size() < around || !rest.ends_with("\"}")) {
      continue;
    }
    const size_t body_size = rest.size() - around;
    const std::string_view end = rest.substr(front.size() + body_size);
    const absl::StatusOr<base::Bytes> signature =
        base::HexDecode(end.substr(kSignature.size(), kSignatureHex));
    if (!end.starts_with(kSignature) || !signature.ok()) {
      return Malformed("no signature of 128 hex digits behind \"" + member + "\"");
    }
    return SignedText{.member = member,
                      .body = std::string(rest.substr(front.size(), body_size)),
                      .signature = *signature};
  }
  return Malformed("neither TCB info nor QE identity, as Intel's service sends them");
}

absl::StatusOr<TcbInfo> ParseTcbInfo(std::string_view body) {
  ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(body));
  absl::StatusOr<TcbInfo> info = ReadTcbInfo(json);
  return info.ok() ? std::move(info) : base::Annotate(info.status(), "TCB info");
}

absl::StatusOr<QeIdentity> ParseQeIdentity(std::string_view body) {
  ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(body));
  absl::StatusOr<QeIdentity> identity = ReadQeIdentity(json);
  return identity.ok() ? std::move(identity) : base::Annotate(identity.status(), "QE identity");
}

}  // namespace attestd::appraisal
