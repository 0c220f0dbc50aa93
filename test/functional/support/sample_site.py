# SPDX-License-Identifier: Apache-2.0
"""A broker that takes sample evidence, and daemons before it: no TPM, quick to start."""
import contextlib
import os
import threading
import time
import unittest

from support.agent import SAMPLE_TABLES, Agent, broker_table
from support.broker import Broker
from support.certificates import issue_server
from support.rpc import SERVING, grpc
from support.site import work_folder

URI = "kbs:///app/key/main"
SECRET = b"the launch code is 8f3a61-of-the-sample-site"
POLICY = 'allowed_tees = ["sample"]\ndenied_resources = ["private/*"]\n'


class SampleSite:
    """Broker and daemons in a folder; all end with the stack."""

    def __init__(self, stack, tls=None, **broker_options):
        self.stack = stack
        self.folder = work_folder(stack)
        self.broker = self.add_broker("broker", tls, **broker_options)

    def add_broker(self, name, tls=None, secret=SECRET, **options):
        """A broker that runs, with a folder, a certificate and the secret of its own."""
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        broker = Broker(folder, tls or issue_server(folder), **options)
        self.stack.callback(broker.stop)
        broker.put("app/key/main", secret)
        broker.write_policy(POLICY)
        broker.start()
        return broker

    def tables(self, extra=""):
        """Configuration for this site's broker; `extra` goes on in its [[kbs]]."""
        return SAMPLE_TABLES + broker_table(self.broker.url, self.broker.ca_file) + extra

    def agent(self, tables=None, name="attestd", env=None, launch=None):
        """A daemon that serves; `launch` starts it in another way than usual."""
        agent = Agent(self.folder, tables or self.tables(), name=name)
        self.stack.callback(agent.kill)
        if launch is None:
            agent.launch(env)
        else:
            launch(agent)
        agent.wait_for_health(SERVING)
        return agent


class SampleSiteTest(unittest.TestCase):
    """A site for each test."""

    def setUp(self):
        self.site = SampleSite(self.enterContext(contextlib.ExitStack()))
        self.broker = self.site.broker

    def get(self, agent, uri=URI, seconds=15):
        with agent.client() as client:
            return client.get_resource(uri, seconds=seconds)


class Load:
    """Callers, each on a connection of its own, that ask over and over until stop().

    `answered` counts replies; `failed` holds (time, code, details) of those that were no secret.
    """

    def __init__(self, agent, callers=8, seconds=10, accepted=(SECRET,)):
        self.answered, self.failed = 0, []
        self._agent, self._seconds, self._accepted = agent, seconds, accepted
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(callers)]
        for thread in self._threads:
            thread.start()

    def _ask(self, client):
        try:
            value = client.get_resource(URI, seconds=self._seconds)
            return None if value in self._accepted else (time.monotonic(), "wrong secret", value)
        except grpc.RpcError as error:
            return time.monotonic(), error.code().name, error.details()

    def _run(self):
        with self._agent.client() as client:
            while not self._ended.is_set():
                failure = self._ask(client)
                with self._lock:
                    self.answered += 1
                    if failure is not None:
                        self.failed.append(failure)

    def stop(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()
