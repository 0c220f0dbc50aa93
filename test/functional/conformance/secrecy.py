# SPDX-License-Identifier: Apache-2.0
"""What no status and no log may hold."""
import re

from support.sample_site import SECRET

# What brokers of these tests say, which nobody may read in a status or a log.
MARK = "upstream-words-5d1f"
# A session's cookie, a token, a JWE, key material: a long run without a break. What attestd writes
# of its own has no such run.
_LONG_RUN = re.compile(r"[A-Za-z0-9_=+-]{32,}")
# But for the digest of evidence, a container's id, and the name of a resource, in the audit log.
_OURS = re.compile(r" (container=[0-9a-f]{64}|evidence=sha256:[0-9a-f]{64}|resource=kbs[^ ?]*)(?= )")


def leaks(text):
    """What of a text must not be seen."""
    words = [SECRET.decode(), SECRET.hex(), MARK]
    return [word for word in words if word in text] + _LONG_RUN.findall(_OURS.sub("", text))
