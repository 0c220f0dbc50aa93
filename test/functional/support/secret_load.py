# SPDX-License-Identifier: Apache-2.0
"""secret_load.py SOCKET URI CALLERS: asks for one secret so many times at once.

Says "ready", waits for a line, asks, and prints {"SHA-256 of a reply, or code": how often} as JSON.
"""
import collections
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# pylint: disable=wrong-import-position
from support.rpc import RESOURCE, grpc, hub_pb  # noqa: E402

_CHANNELS = 10
_SECONDS = 60


def main():
    socket, uri, callers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    channels = [grpc.insecure_channel(f"unix:{socket}",
                                      options=[("grpc.use_local_subchannel_pool", 1)])
                for _ in range(_CHANNELS)]
    for channel in channels:
        grpc.channel_ready_future(channel).result(_SECONDS)
    print("ready", flush=True)
    sys.stdin.readline()
    request = hub_pb.GetResourceRequest(ResourcePath=uri).SerializeToString()
    calls = [channels[i % _CHANNELS].unary_unary(f"/{RESOURCE}/GetResource").future(
        request, timeout=_SECONDS) for i in range(callers)]
    counts = collections.Counter()
    for call in calls:
        error = call.exception()
        if error is None:
            secret = hub_pb.GetResourceResponse.FromString(call.result()).Resource
            counts[hashlib.sha256(secret).hexdigest()] += 1
        else:
            counts[error.code().name] += 1
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
