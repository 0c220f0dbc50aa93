#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the includes of src/ against the arrows of docs/design.md. They go down only.

Before the tree is judged, planted violations must be found and allowed lines let through.
"""
import pathlib
import re
import sys

# Folder of src/ -> folders of ours that it may include, beside itself.
ALLOWED = {
    "base": set(),
    "evidence": {"base"},
    "eventlog": {"evidence", "base"},
    "tee": {"eventlog", "evidence", "base"},
    "kbs_client": {"evidence", "base"},
    "policy": {"kbs_client", "base"},
    "unseal": {"kbs_client", "base"},
    "keyprovider": {"unseal", "kbs_client", "base"},
    # Of the platforms the pure parsers only: tee/<platform>/format.
    "appraisal": {"base", "eventlog", "tee"},
    "compat": {"base"},
    "ttrpc": {"base", "proto"},
    "rest": {"base", "proto"},
    "secure_mount": {"base"},
    "sandbox": {"base"},
    "agent": {"compat", "policy", "keyprovider", "sandbox", "secure_mount", "ttrpc", "rest", "unseal", "kbs_client",
              "eventlog", "evidence", "tee", "base", "proto"},
    "ctl": {"appraisal", "base", "proto"},
}

# Pure parsers, without a device: what the verifier's side, and another platform, may use.
PARSERS = re.compile(r"tee/[a-z0-9_]+/format/[a-z0-9_]+\.h")

# What several platforms stand on; they know no platform.
SHARED = {"tpm2", "tsm"}

# Library -> (pattern of its headers, folders or files that may include it).
LIBRARIES = {
    "gRPC": (r"grpc(pp)?/|google/protobuf/", {"agent", "ctl"}),
    "libcurl": (r"curl/", {"base/http_curl.cc", "base/http_curl_connection.h", "base/http_curl_url.cc"}),
    "tss2": (r"tss2/", {"tee/tpm", "tee/tpm2", "tee/azure_vtpm"}),
    "OpenSSL": (r"openssl/", {"base", "kbs_client", "appraisal"}),
    "libmicrohttpd": (r"microhttpd\.h", {"rest"}),
    "libsystemd": (r"systemd/", {"agent"}),
    "libseccomp": (r"seccomp\.h", {"sandbox"}),
    "libcbor": (r"cbor(\.h|/)", {"base/cbor.cc", "base/cbor_parse.cc"}),
    "CLI11": (r"CLI/", {"agent", "ctl"}),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def is_in(path, place):
    return path == place or path.startswith(place + "/")


def platform(path):
    """"tpm" for tee/tpm/x.h; nothing for files of tee/ itself."""
    parts = path.split("/")
    return parts[1] if parts[0] == "tee" and len(parts) > 2 else None


def may_know(path, target):
    """Whether a file of tee/ may include a header of the platform `target` lies in."""
    user, used = platform(path), platform(target)
    if user == used:
        return True
    if not user or user in SHARED:
        return False
    return used in SHARED or PARSERS.fullmatch(target) is not None


def check_own(path, target):
    """Why the file at `path` may not include our header `target`, or nothing."""
    folder, wanted = path.split("/")[0], target.split("/")[0]
    if wanted != folder and wanted not in ALLOWED[folder]:
        return f"{folder} may not use {wanted}"
    if folder == "appraisal" and wanted == "tee" and not PARSERS.fullmatch(target):
        return "appraisal may use the parsers of a platform only: tee/<platform>/format"
    if platform(target) and folder == "tee" and not may_know(path, target):
        return "platforms know the parsers of each other only, and tee knows none of them"
    if platform(target) and folder == "agent":
        return "agent knows platforms through tee/backend.h only"
    return None


def check_library(path, target):
    for name, (pattern, places) in LIBRARIES.items():
        if re.match(pattern, target) and not any(is_in(path, place) for place in places):
            return f"{name} belongs to {', '.join(sorted(places))}"
    return None


def check_text(path, text):
    """Complaints about one file; `path` is relative to src/."""
    found = []
    for bracket, target in INCLUDE.findall(text):
        first = target.split("/")[0]
        if bracket == '"' and first not in ALLOWED and first != "proto":
            why = "is no path of ours"
        elif bracket == '"':
            why = check_own(path, target)
        else:
            why = check_library(path, target)
        if why:
            found.append(f"src/{path}: {target}: {why}")
    return found


def self_test():
    """The rules can fail, and let pass what is right."""
    violations = [
        ("base/hash.cc", '#include "evidence/collector.h"'),
        ("base/hash.cc", "#include <curl/curl.h>"),
        ("evidence/collector.cc", '#include "tee/backend.h"'),
        ("evidence/collector.cc", "  #  include <openssl/evp.h>"),
        ("tee/detect.cc", '#include "tee/tpm2/format/quote.h"'),
        ("tee/tsm/tsm_report.cc", '#include "tee/snp/format/report.h"'),
        ("tee/detect.cc", "#include <tss2/tss2_esys.h>"),
        ("tee/snp/source.cc", '#include "tee/tpm/tpm_source.h"'),
        ("tee/tpm/source.cc", '#include "kbs_client/kbs_client.h"'),
        ("kbs_client/kbs_client.cc", '#include "tee/backend.h"'),
        ("kbs_client/kbs_client.cc", "#include <grpcpp/grpcpp.h>"),
        ("kbs_client/kbs_client.cc", '#include "proto/attestd.pb.h"'),
        ("appraisal/tpm.cc", '#include "tee/tpm/esys_device.h"'),
        ("appraisal/tpm.cc", '#include "tee/detect.h"'),
        ("agent/server.cc", '#include "appraisal/appraisal.h"'),
        ("sandbox/sandbox.cc", '#include "agent/config.h"'),
        ("agent/wiring.cc", "#include <seccomp.h>"),
        ("ttrpc/server.cc", '#include "agent/call.h"'),
        ("ttrpc/server.cc", "#include <grpcpp/grpcpp.h>"),
        ("rest/server.cc", '#include "agent/call.h"'),
        ("ttrpc/server.cc", "#include <microhttpd.h>"),
        ("agent/server.cc", '#include "ctl/client.h"'),
        ("agent/wiring.cc", '#include "tee/tpm/esys_device.h"'),
        ("agent/server.cc", "#include <openssl/evp.h>"),
        ("compat/translate.cc", '#include "agent/config.h"'),
        ("ctl/client.cc", '#include "agent/config.h"'),
        ("ctl/main.cc", '#include "options.h"'),
        ("appraisal/cca.cc", "#include <cbor.h>"),
    ]
    right = [
        ("base/http_curl.cc", "#include <curl/curl.h>\n#include <openssl/ssl.h>"),
        ("tee/tpm/source.cc", '#include <tss2/tss2_esys.h>\n#include "tee/tpm2/pcr.h"'),
        ("tee/azure_vtpm/source.cc", '#include "tee/snp/format/report.h"'),
        ("appraisal/tpm.cc", '#include "tee/tpm2/format/quote.h"\n#include <openssl/evp.h>'),
        ("agent/wiring.cc", '#include "tee/backend.h"\n#include "kbs_client/kbs_client.h"'),
        ("ctl/client.cc", '#include <grpcpp/channel.h>\n#include "proto/attestd.grpc.pb.h"'),
    ]
    missed = [f"not found: {path}: {line}" for path, line in violations
              if len(check_text(path, line)) != 1]
    wrong = [complaint for path, text in right for complaint in check_text(path, text)]
    return missed + wrong


def main():
    broken = self_test()
    if broken:
        print("include_direction: self-test failed:", *broken, sep="\n  ")
        return 2
    source = pathlib.Path(__file__).resolve().parent.parent / "src"
    files = sorted(path for path in source.rglob("*")
                   if path.suffix in {".cc", ".h", ".c", ".in"} and path.is_file())
    if not files:
        print(f"include_direction: no files in {source}")
        return 2
    complaints = []
    for path in files:
        relative = path.relative_to(source).as_posix()
        complaints += check_text(relative, path.read_text(encoding="utf-8"))
    for complaint in complaints:
        print(complaint)
    print(f"include_direction: {len(files)} files, {len(complaints)} wrong includes")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
