// SPDX-License-Identifier: Apache-2.0
#include "appraisal/pck_extension.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include <algorithm>
#include <limits>
#include <string>

#include "base/handle.h"

namespace attestd::appraisal {
namespace {

void FreeSequence(ASN1_SEQUENCE_ANY* sequence) { sk_ASN1_TYPE_pop_free(sequence, ASN1_TYPE_free); }
using Sequence = base::Handle<ASN1_SEQUENCE_ANY, FreeSequence>;

absl::Status Malformed(const std::string& what) {
  ERR_clear_error();
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "SGX extension: " + what);
}

absl::StatusOr<Sequence> ReadSequence(base::ByteView der) {
  constexpr size_t kLongest = size_t{1} << 16;
  if (der.size() > kLongest) {
    return Malformed("too long");
  }
  const uint8_t* cursor = der.data();
  Sequence sequence(d2i_ASN1_SEQUENCE_ANY(nullptr, &cursor, static_cast<long>(der.size())));
  if (sequence == nullptr || cursor != der.data() + der.size()) {
    return Malformed("not a DER sequence");
  }
  return sequence;
}

// Content of an element, of a SEQUENCE with its tag and length.
base::ByteView BytesOf(const ASN1_TYPE& value) {
  const ASN1_STRING* string = value.value.asn1_string;
  return {ASN1_STRING_get0_data(string), static_cast<size_t>(ASN1_STRING_length(string))};
}

// SEQUENCE OF SEQUENCE { oid, value }. What is looked up stays owned by it;
// InvalidArgument unless it is there once, and of that type.
class Entries {
 public:
  static absl::StatusOr<Entries> Read(base::ByteView der) {
    Entries entries;
    ASSIGN_OR_RETURN(const Sequence all, ReadSequence(der));
    for (int i = 0; i < sk_ASN1_TYPE_num(all.get()); ++i) {
      const ASN1_TYPE* element = sk_ASN1_TYPE_value(all.get(), i);
      if (element->type != V_ASN1_SEQUENCE) {
        return Malformed("an entry is no sequence");
      }
      ASSIGN_OR_RETURN(Sequence pair, ReadSequence(BytesOf(*element)));
      if (sk_ASN1_TYPE_num(pair.get()) != 2 ||
          sk_ASN1_TYPE_value(pair.get(), 0)->type != V_ASN1_OBJECT) {
        return Malformed("an entry is no pair of OID and value");
      }
      entries.pairs_.push_back(std::move(pair));
    }
    return entries;
  }

  absl::StatusOr<const ASN1_TYPE*> Find(const std::string& oid, int type) const {
    const base::Handle<ASN1_OBJECT, ASN1_OBJECT_free> wanted(OBJ_txt2obj(oid.c_str(), 1));
    const ASN1_TYPE* found = nullptr;
    for (const Sequence& pair : pairs_) {
      if (OBJ_cmp(wanted.get(), sk_ASN1_TYPE_value(pair.get(), 0)->value.object) != 0) {
        continue;
      }
      if (found != nullptr) {
        return Malformed(oid + " is there twice");
      }
      found = sk_ASN1_TYPE_value(pair.get(), 1);
    }
    if (found == nullptr || found->type != type) {
      return Malformed(oid + " is missing or of another type");
    }
    return found;
  }

  template <size_t Size>
  absl::StatusOr<std::array<uint8_t, Size>> Octets(const std::string& oid) const {
    ASSIGN_OR_RETURN(const ASN1_TYPE* value, Find(oid, V_ASN1_OCTET_STRING));
    const base::ByteView bytes = BytesOf(*value);
    std::array<uint8_t, Size> octets{};
    if (bytes.size() != Size) {
      return Malformed(oid + " has " + std::to_string(bytes.size()) + " bytes");
    }
    std::copy(bytes.begin(), bytes.end(), octets.begin());
    return octets;
  }

  template <typename T>
  absl::StatusOr<T> Number(const std::string& oid) const {
    ASSIGN_OR_RETURN(const ASN1_TYPE* value, Find(oid, V_ASN1_INTEGER));
    int64_t number = -1;
    if (ASN1_INTEGER_get_int64(&number, value->value.integer) != 1 || number < 0 ||
        number > int64_t{std::numeric_limits<T>::max()}) {
      return Malformed(oid + " is out of range");
    }
    return static_cast<T>(number);
  }

 private:
  std::vector<Sequence> pairs_;
};

absl::Status ReadTcb(base::ByteView der, PckExtension& extension) {
  const std::string prefix = std::string(kSgxExtensionOid) + ".2.";
  ASSIGN_OR_RETURN(const Entries tcb, Entries::Read(der));
  for (size_t i = 0; i < extension.tcb_components.size(); ++i) {
    ASSIGN_OR_RETURN(extension.tcb_components.at(i),
                     tcb.Number<uint8_t>(prefix + std::to_string(i + 1)));
  }
  ASSIGN_OR_RETURN(extension.pce_svn, tcb.Number<uint16_t>(prefix + "17"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PckExtension> ParsePckExtension(base::ByteView der) {
  const std::string oid = kSgxExtensionOid;
  ASSIGN_OR_RETURN(const Entries entries, Entries::Read(der));
  PckExtension extension;
  ASSIGN_OR_RETURN(const ASN1_TYPE* tcb, entries.Find(oid + ".2", V_ASN1_SEQUENCE));
  RETURN_IF_ERROR(ReadTcb(BytesOf(*tcb), extension));
  ASSIGN_OR_RETURN(extension.pce_id, entries.Octets<2>(oid + ".3"));
  ASSIGN_OR_RETURN(extension.fmspc, entries.Octets<6>(oid + ".4"));
  return extension;
}

}  // namespace attestd::appraisal
