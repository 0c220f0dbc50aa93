# SPDX-License-Identifier: Apache-2.0
"""A machine with many processors is no reason for many threads."""
import concurrent.futures
import os
import unittest

from support.processes import Process, binary, wait_until
from support.rpc import error_info
from support.sample_site import SampleSiteTest

ENV = {**os.environ, "LD_PRELOAD": binary("libattestd-many-processors.so")}  # 64 of them
CALLERS = 64
MOST = 32


def threads(process):
    return len(os.listdir(f"/proc/{process.pid}/task"))


@unittest.skipUnless(os.path.exists(binary("attestd-bench")), "the bench is not built")
class ThreadsTest(SampleSiteTest):
    def test_as_many_threads_as_on_two_processors(self):
        # How many gRPC has by itself.
        path = os.path.join(self.site.folder, "control.sock")
        control = Process([binary("attestd-bench"), "--serve-empty", path], f"{path}.log", ENV)
        self.addCleanup(control.kill)
        wait_until(lambda: threads(control) > MOST, "gRPC counts the processors")

        agent = self.site.agent(env=ENV)

        def ask(i):
            with agent.client() as client:
                return error_info(client.get_resource, f"kbs:///app/absent/{i}").reason

        with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
            self.assertEqual(set(pool.map(ask, range(CALLERS))), {"RESOURCE_NOT_FOUND"})
        self.assertLessEqual(threads(agent.process), MOST)
