# SPDX-License-Identifier: Apache-2.0
"""The daemon's socket: its mode, whose it is, and that it comes before anything else."""
import contextlib
import os
import shutil
import signal
import socket
import stat
import unittest

from support.agent import SAMPLE_TABLES, Agent
from support.processes import wait_until
from support.rpc import SERVING
from support.site import work_folder

NO_BROKER = '[[kbs]]\nurl = "https://127.0.0.1:1"\n'


class SocketTest(unittest.TestCase):
    def setUp(self):
        self.folder = work_folder(self.enterContext(contextlib.ExitStack()))
        self.agent = self.make_agent()

    def make_agent(self, tables=SAMPLE_TABLES + NO_BROKER, **options):
        agent = Agent(self.folder, tables, **options)
        self.addCleanup(agent.kill)
        return agent

    def assert_refuses_to_start(self, agent, text):
        agent.launch()
        self.assertEqual(agent.process.wait(), 1)
        self.assertIn(agent.socket, agent.log())
        self.assertIn(text, agent.log())

    def test_the_socket_has_the_mode_of_the_configuration(self):
        for mode in ("0600", "0660", "0666"):
            with self.subTest(mode):
                agent = self.make_agent(mode=mode, name=f"mode{mode}")
                agent.start()
                self.assertEqual(stat.S_IMODE(os.stat(agent.socket).st_mode), int(mode, 8))
                agent.kill()

    def test_the_socket_listens_while_the_broker_is_a_black_hole_and_nothing_was_sent_to_it(self):
        with socket.create_server(("127.0.0.1", 0)) as hole:
            url = f"https://127.0.0.1:{hole.getsockname()[1]}"
            agent = self.make_agent(SAMPLE_TABLES + f'[[kbs]]\nurl = "{url}"\n')
            agent.start()
            hole.setblocking(False)
            with self.assertRaises(BlockingIOError):
                hole.accept()

    def test_a_folder_that_is_not_there_is_named(self):
        missing = self.make_agent(name="missing")
        shutil.move(missing.config, self.folder + "/moved.toml")
        with open(self.folder + "/moved.toml", encoding="ascii") as config:
            text = config.read()
        missing.socket = f"{self.folder}/nowhere/attestd.sock"
        with open(missing.config, "w", encoding="ascii") as config:
            config.write(text.replace(f"{self.folder}/missing.sock", missing.socket))
        self.assert_refuses_to_start(missing, "nowhere")

    def test_sigterm_and_sigint_end_it_with_status_0_and_leave_nothing(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                agent = self.make_agent(name=f"ends{number.value}")
                before = set(os.listdir(self.folder))
                agent.start()
                os.kill(agent.process.pid, number)
                self.assertEqual(agent.process.wait(), 0)
                self.assertEqual(set(os.listdir(self.folder)) - before,
                                 {f"ends{number.value}.log"})

    def test_sighup_reloads_and_does_not_end_it(self):
        self.agent.start()
        os.kill(self.agent.process.pid, signal.SIGHUP)
        wait_until(lambda: "reloaded brokers" in self.agent.log(), "the log says so")
        self.assertEqual(self.agent.health(), SERVING)
