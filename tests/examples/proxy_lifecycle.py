# SPDX-License-Identifier: MIT
"""The program: its command line, its timeouts for idle clients, and how it ends."""
import os
import socket
import subprocess
import threading
import time
import unittest

from proxy_support import TIMEOUT, ProxyTest, request, wait_until

A, B = "127.0.0.1:8001", "127.0.0.1:8002"


def poise_proxy(*arguments):
    return subprocess.run([os.environ["POISE_PROXY"], *arguments], capture_output=True, text=True, timeout=TIMEOUT)


class CommandLine(unittest.TestCase):
    def test_wrong_values(self):
        listen = ("--listen", "127.0.0.1:0")
        one = (*listen, "--server", A)
        for arguments, words in (
            (listen, ["--server"]),
            ((*one, "--balance", "best"), ["best", "nginx/round_robin", "lvs/wrr"]),
            ((*one, "--balance", ""), ["nginx/round_robin", "lvs/wrr"]),
            ((*one, "--balance", "SMOOTH"), ["SMOOTH", "nginx/round_robin", "lvs/wrr"]),
            ((*one, "--balance"), ["--balance"]),
            *(((*listen, "--server", text), ["--server", text, "HOST:PORT"])
              for text in ("nonsense", "127.0.0.1", "127.0.0.1:", ":8001", "127.0.0.1:http", "127.0.0.1:-1", "127.0.0.1:+1",
                           "127.0.0.1:65536", "127.0.0.1:99999999999999999999", "127.0.0.1:80 ", "127.0.0.1:80:80",
                           "http://127.0.0.1:80")),
            ((*listen, "--server", "127.0.0.1:0"), ["127.0.0.1:0", "port"]),
            *(((*listen, "--server", f"{A},{rest}"), ["--server", f"{A},{rest}", "weight=", "4294967295"])
              for rest in ("weight=x", "weight=", "weight=-1", "weight=+1", "weight=1.5", "weight=4294967296", "weight=1 ",
                           "weight=99999999999999999999", "wait=1", "", "weight=1,weight=2", "weight=0x1")),
            ((*one, "--server", A), [A, "once"]),
            ((*one, "--server", B, "--server", f"{A},weight=2"), [A, "once"]),
            ((*one, "--frobnicate"), ["--frobnicate"]),
            ((*one, "--frobnicate", "1"), ["--frobnicate"]),
            ((*one, "stray"), ["stray"]),
            ((*one, B), [B]),
            ((*listen, "--server", "a\nb:80"), ["--server", "resolves"]),
            (("--server", A, "--listen", "192.0.2.1:80"), ["--listen", "192.0.2.1:80", "expected"]),
            *((("--server", A, "--listen", text), ["--listen", text, "HOST:PORT"])
              for text in ("x", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:x")),
            *(((*one, option, value), [option])
              for option in ("--connect-timeout", "--response-timeout", "--head-timeout", "--idle-timeout", "--drain-timeout")
              for value in ("x", "-1", "1.5", "99999999999999999999")),
        ):  # fmt: skip
            with self.subTest(arguments=" ".join(arguments)):
                done = poise_proxy(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertRegex(done.stderr, r"\A[^\n]+\n\Z", "one line")
                for word in words:
                    self.assertIn(word, done.stderr)

    def test_the_list_of_names(self):
        run = poise_proxy("--balance", "help")  # and nothing else
        self.assertEqual(run.returncode, 0, run.stderr)
        for word in ("nginx/least_conn", "haproxy/uri", "lvs/wrr", "ring", "interleaved_weighted_round_robin", "hash-type"):
            self.assertIn(word, run.stdout)

    def test_help(self):
        done = poise_proxy("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("--listen", "--balance", "--server", "smooth", "lvs-wrr", "--head-timeout", "--drain-timeout"):
            self.assertIn(word, done.stdout)

    def test_an_address_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = poise_proxy("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--server", A)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--listen 127.0.0.1", done.stderr)
        self.assertRegex(done.stderr, r"\A[^\n]+\n\Z", "one line")


class Idle(ProxyTest):
    def test_a_client_that_says_nothing_more(self):
        proxy = self.proxy(self.server(), options=("--idle-timeout", 500))
        wire = self.client(proxy)
        self.assertEqual(self.names(wire, 3), "aaa")
        self.assert_closed(wire)

    def test_a_client_that_goes_on_is_not_idle(self):
        proxy = self.proxy(self.server(), options=("--idle-timeout", 600))
        wire = self.client(proxy)
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            self.assertEqual(self.names(wire, 1), "a")
            time.sleep(0.05)


class Drain(ProxyTest):
    def ends(self, proxy, seconds=5):
        """It ends of itself, with exit 0, well before --drain-timeout."""
        self.assertEqual(proxy.process.wait(seconds), 0)

    def refuses(self, proxy):
        def refused():
            try:
                socket.create_connection(("127.0.0.1", proxy.port), TIMEOUT).close()
                return False
            except ConnectionResetError:
                return False  # it was in the queue of the listener just then
            except ConnectionRefusedError:
                return True

        wait_until(refused, "new connections are refused")

    def test_a_request_in_flight_is_finished(self):
        for first, last in ((b"", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"),
                            (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla", b"te"),
                            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nla", b"te\r\n0\r\n\r\n")):  # fmt: skip
            with self.subTest(first=first):
                gate = threading.Event()
                self.addCleanup(gate.set)

                def script(_, wire, head, first=first, last=last, gate=gate):
                    wire.body(head)
                    wire.send(first)
                    gate.wait(TIMEOUT)
                    wire.send(last)

                server = self.server(script=script)
                proxy = self.proxy(server, options=())
                wire = self.client(proxy)
                wire.send(request())
                wait_until(lambda: server.heads, "the server has the request")
                proxy.process.terminate()
                self.refuses(proxy)
                self.assertIsNone(proxy.process.poll(), "it waits for the request in flight")
                gate.set()
                answer = wire.response()
                self.assertEqual((answer.status, answer.body), (200, b"late"))
                self.assert_closed(wire)
                self.ends(proxy)

    def test_an_upload_in_flight_is_finished(self):
        server = self.server()
        proxy = self.proxy(server, options=())
        wire = self.client(proxy)
        wire.send(request("POST", "/", "Content-Length: 10") + b"12345")
        wait_until(lambda: server.heads, "the server has the request")
        proxy.process.terminate()
        self.refuses(proxy)
        wire.send(b"67890")
        self.assertEqual(wire.response().body, b"a")
        self.assert_closed(wire)
        self.ends(proxy)

    def test_half_a_head_is_no_request(self):
        proxy = self.proxy(self.server(), options=())
        wire = self.client(proxy)
        self.assertEqual(self.names(wire, 1), "a")
        wire.send(b"GET / HT")
        proxy.process.terminate()
        self.assertEqual(proxy.process.wait(TIMEOUT / 2), 0)  # well before --drain-timeout

    def test_idle_connections_are_closed(self):
        proxy = self.proxy(self.server(), options=())
        before = proxy.descriptors()
        idle, silent = self.client(proxy), self.client(proxy)
        self.assertEqual(self.names(idle, 3), "aaa")
        wait_until(lambda: proxy.descriptors() == before + 3, "both are accepted, and the server is kept")
        proxy.process.terminate()
        self.assert_closed(idle)
        self.assert_closed(silent)
        self.ends(proxy)

    def test_patience_has_an_end(self):
        gate = threading.Event()
        self.addCleanup(gate.set)
        server = self.server(script=lambda *_: gate.wait(TIMEOUT))
        proxy = self.proxy(server, options=("--drain-timeout", 300))
        wire = self.client(proxy)
        wire.send(request())
        wait_until(lambda: server.heads, "the server has the request")
        proxy.process.terminate()
        self.ends(proxy)

    def test_with_nobody_there(self):
        proxy = self.proxy(self.server(), options=())
        proxy.process.terminate()
        self.ends(proxy, 2)
        self.refuses(proxy)


if __name__ == "__main__":
    unittest.main()
