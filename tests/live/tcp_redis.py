# SPDX-License-Identifier: MIT
"""poise-proxy --mode tcp between real Redis clients and three real Redis servers."""
import hashlib
import os
import socket
import subprocess
import threading
import unittest

from live_support import TIMEOUT, ProcessTest, Process, program, wait_until

WEIGHTS = {"a": 5, "b": 1, "c": 1}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cli(port, *command, data=None):
    """What redis-cli says, without its line end."""
    run = subprocess.run([program("redis-cli"), "-p", str(port), *command], input=data, capture_output=True,
                         timeout=TIMEOUT, check=False)
    if run.returncode or run.stderr:
        raise AssertionError(f"redis-cli {command[0]}: {run.stderr.decode() or run.stdout.decode()}")
    return run.stdout.rstrip(b"\n")


class Redis(Process):
    """A server whose key `name` holds its name."""

    def __init__(self, directory, name, port=None):
        self.name = name
        self.port = port or free_port()
        super().__init__([program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                          "--appendonly", "no", "--daemonize", "no", "--dir", directory], directory, self._is_ready)
        cli(self.port, "SET", "name", name)

    def _is_ready(self):
        try:
            return cli(self.port, "PING") == b"PONG"
        except AssertionError:
            return False

    def kill(self):
        self.child.kill()
        self.child.wait(TIMEOUT)

    def commands(self, which):
        """How often a command has been called."""
        for line in cli(self.port, "INFO", "commandstats").decode().splitlines():
            if line.startswith(f"cmdstat_{which}:"):
                return int(line.split("calls=")[1].split(",")[0])
        return 0


class Proxy(Process):
    def __init__(self, directory, servers, *options):
        command = [os.environ["POISE_PROXY"], "--mode", "tcp", "--listen", "127.0.0.1:0", "--drain-timeout", "1000", *options]
        for server in servers:
            command += ["--server", f"127.0.0.1:{server.port},weight={WEIGHTS[server.name]}"]
        super().__init__(command, directory, self._is_ready)

    def _is_ready(self):
        with open(os.path.join(self.directory, "output"), encoding="ascii") as output:
            first = output.readline()
        self.port = int(first.rpartition(":")[2]) if first.endswith("\n") else 0
        return self.port


class ThroughTheProxy(ProcessTest):
    def setUp(self):
        super().setUp()
        self.servers = [self.running(Redis(self.directory(), name)) for name in WEIGHTS]

    def proxy(self, *options):
        return self.running(Proxy(self.directory(), self.servers, *options)).port

    def name(self, port):
        return cli(port, "GET", "name").decode()

    def test_clients_in_exact_order(self):
        for balance, order in (("smooth", "aabacaa"), ("lvs/wrr", "aaaaabc")):
            port = self.proxy("--balance", balance)
            self.assertEqual("".join(self.name(port) for _ in range(14)), order * 2)

    def test_a_large_value_there_and_back(self):
        port = self.proxy("--balance", "source")
        value = os.urandom(1 << 23).hex().encode()
        self.assertEqual(cli(port, "-x", "SET", "large", data=value), b"OK")
        self.assertEqual(hashlib.sha256(cli(port, "GET", "large")).digest(), hashlib.sha256(value).digest())

    def test_pipelines_of_many_connections(self):
        port = self.proxy("--balance", "leastconn")
        before = sum(server.commands("incr") for server in self.servers)
        run = subprocess.run([program("redis-benchmark"), "-p", str(port), "-n", "40000", "-c", "40", "-P", "16", "-q",
                              "INCR", "counter"], capture_output=True, timeout=60, check=True)
        self.assertIn(b"requests per second", run.stdout)
        counts = [int(cli(server.port, "GET", "counter") or 0) for server in self.servers]
        self.assertEqual(sum(counts), 40000)  # none lost, none twice
        self.assertEqual(sum(server.commands("incr") for server in self.servers) - before, 40000)
        self.assertTrue(all(counts), counts)

    def test_kill_and_return(self):
        port = self.proxy("--balance", "smooth")
        names, faults, stopping = [], [], threading.Event()

        def load():
            while not stopping.is_set():
                try:
                    names.append(self.name(port))
                except AssertionError as error:
                    faults.append(str(error))

        clients = [threading.Thread(target=load) for _ in range(3)]
        for client in clients:
            client.start()
        try:
            wait_until(lambda: len(names) > 30, "there is load")
            killed = self.servers[0]
            killed.kill()
            seen = len(names) + len(clients)  # whose answers may have been under way
            wait_until(lambda: len(names) > seen + 60, "the others go on")
            self.assertNotIn("a", names[seen : seen + 60])
            self.assertEqual(set(names[seen : seen + 60]), {"b", "c"})
            back = self.running(Redis(self.directory(), "a", killed.port))
            seen = len(names)
            wait_until(lambda: "a" in names[seen:], "it gets its share again")
            self.assertEqual(back.name, "a")
        finally:
            stopping.set()
            for client in clients:
                client.join()
        self.assertLessEqual(len(faults), len(clients), faults)  # those that it had when it was killed, at most


if __name__ == "__main__":
    unittest.main()
