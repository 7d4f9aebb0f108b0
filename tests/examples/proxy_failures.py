# SPDX-License-Identifier: MIT
"""Servers that fail: who gets the request then, what the client is told, and which connections are used again."""
import socket
import threading
import unittest

from proxy_support import TIMEOUT, ProxyTest, answer_name, request, response, wait_until

IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE")


def hang_up(_, wire, head):
    """Reads the request and closes without an answer."""
    wire.body(head)
    wire.close()


def once(first):
    """Does `first` with the first request and answers all others."""
    return lambda server, wire, head: (first if len(server.heads) == 1 else answer_name)(server, wire, head)


class Retries(ProxyTest):
    def pair(self, script, options=()):
        """A bad server whose turn it is first, a good one, a client."""
        bad, good = self.server("bad", script), self.server("good")
        return bad, good, self.client(self.proxy(bad, good, options=options))

    def test_unreachable_any_method_goes_on(self):
        for method, body in (("GET", None), ("HEAD", None), ("POST", b"12345"), ("PATCH", b"12345"),
                             ("POST", b"x" * (3 << 20))):  # fmt: skip
            with self.subTest(method=method, size=len(body or b"")):
                bad, good, wire = self.pair(answer_name)
                bad.stop()
                answer = wire.ask(method, body=body)
                self.assertEqual((answer.status, answer.body), (200, b"" if method == "HEAD" else b"good"))
                self.assertEqual(good.heads[0].get("Content-Length"), None if body is None else str(len(body)))

    def test_unreachable_a_chunked_body_goes_on(self):
        bad, good, wire = self.pair(lambda *_: None)
        bad.stop()
        good.script = lambda _, server, head: server.send(response(server.body(head)))
        wire.send(request("POST", "/", "Transfer-Encoding: chunked"))
        wire.send(b"5\r\n12345\r\n0\r\n\r\n")
        self.assertEqual(wire.response().body, b"12345")

    def test_a_connect_that_hangs(self):
        bad = self.server("bad")
        bad.stop()
        bad.listener.listen(0)
        for _ in range(4):  # fill its queue: whoever comes now waits for ever
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", bad.port))
        wire = self.client(self.proxy(bad, self.server("good"), options=("--connect-timeout", 200)))
        self.assertEqual(wire.ask("POST", body=b"x").body, b"good")

    def test_closed_without_an_answer(self):
        for method in (*IDEMPOTENT, "POST", "PATCH"):
            body = b"12345" if method in ("PUT", "POST", "PATCH") else None
            with self.subTest(method=method):
                bad, good, wire = self.pair(hang_up)
                answer = wire.ask(method, body=body)
                if method in IDEMPOTENT:
                    self.assertEqual((answer.status, len(good.heads)), (200, 1))
                    self.assertEqual(good.heads[0].method, method)
                else:
                    self.assertEqual((answer.status, len(good.heads)), (502, 0))
                self.assertEqual(len(bad.heads), 1)

    def test_a_put_too_large_to_be_sent_again(self):
        _, good, wire = self.pair(hang_up)
        self.assertEqual(wire.ask("PUT", body=b"x" * (3 << 20)).status, 502)
        self.assertEqual(len(good.heads), 0)

    def test_each_server_is_tried_once(self):
        servers = [self.server(name, hang_up) for name in "abc"]
        proxy = self.proxy(*servers)
        self.assertEqual(self.client(proxy).ask("GET").status, 502)
        self.assertEqual([len(server.heads) for server in servers], [1, 1, 1])

    def test_a_silent_server(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def silent(_, wire, head):
            wire.body(head)
            release.wait(TIMEOUT)

        for method, status, asked in (("POST", 504, 0), ("GET", 200, 1)):
            with self.subTest(method=method):
                bad, good, wire = self.pair(silent, options=("--response-timeout", 1000))
                self.assertEqual(wire.ask(method, body=b"" if method == "POST" else None).status, status)
                self.assertEqual(len(good.heads), asked)
                alone = self.client(self.proxy(bad, options=("--response-timeout", 200)))
                self.assertEqual(alone.ask(method).status, 504)

    def test_a_slow_response_that_has_begun_is_not_late(self):
        def slow(_, wire, head):
            wire.body(head)
            wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
            wire.sock.settimeout(0.1)
            for _ in range(8):
                try:
                    wire.some()
                except TimeoutError:
                    wire.send(b"x")

        wire = self.client(self.proxy(self.server(script=slow), options=("--response-timeout", 500)))
        self.assertEqual(wire.ask("GET").body, b"x" * 8)


class NoAnswer(ProxyTest):
    def test_502(self):
        head = b"HTTP/1.1 200 OK\r\n"
        for name, answer in {
            "garbage": b"garbage\r\n\r\n",
            "binary": bytes(range(256)),
            "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
            "nothing": b"",
            "half a head": head + b"Content-Le",
            "two Content-Length": head + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            "Content-Length and Transfer-Encoding": head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Content-Length of no number": head + b"Content-Length: many\r\n\r\nabc",
            "Content-Length below 0": head + b"Content-Length: -3\r\n\r\nabc",
            "no colon": head + b"Content-Length: 3\r\nfoo\r\n\r\nabc",
            "NUL": head + b"X: a\0b\r\nContent-Length: 3\r\n\r\nabc",
            "status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 3\r\n\r\nabc",
            "head of 100 KiB": head + b"X: " + b"x" * 102_400 + b"\r\nContent-Length: 3\r\n\r\nabc",
        }.items():
            for method in ("GET", "POST"):
                with self.subTest(name, method=method):

                    def bad(_, wire, head, answer=answer):
                        wire.body(head)
                        wire.send(answer)
                        wire.finish()
                        wire.to_end()
                        wire.close()

                    server = self.server(script=once(bad))
                    proxy = self.proxy(server)
                    wire = self.client(proxy)
                    reply = wire.ask(method, body=b"x" if method == "POST" else None)
                    self.assertEqual(reply.status, 502)
                    self.assertNotIn(b"abc", reply.body + wire.buffer)
                    self.assertEqual(self.names(self.client(proxy), 2), "aa")


class IdleConnections(ProxyTest):
    def test_a_closed_one_is_noticed_and_is_no_fault(self):
        for balance, order in (("smooth", "aabacaa"), ("lvs-wrr", "aaaaabc")):
            with self.subTest(balance=balance):

                def answer_and_close(server, wire, head):
                    answer_name(server, wire, head)
                    wire.close()

                servers = [self.server(n, answer_and_close, w) for n, w in (("a", 5), ("b", 1), ("c", 1))]
                wire = self.client(self.proxy(*servers, balance=balance))
                names = ""
                for turn in range(140):
                    names += wire.ask(*(("GET",) if turn % 2 else ("POST", "/")), body=None if turn % 2 else b"x").body.decode()
                    wait_until(lambda: all(w.closed for s in servers for w in s.wires), "the server has closed")
                self.assertEqual(names, order * 20)
                self.assertEqual(sum(len(s.heads) for s in servers), 140, "each request is sent once")

    def test_closed_just_when_the_next_get_comes(self):
        def answer_and_close(server, wire, head):
            answer_name(server, wire, head)
            wire.close()

        wire = self.client(self.proxy(self.server("a", answer_and_close), self.server("b", answer_and_close)))
        self.assertEqual(len(self.names(wire, 500)), 500)

    def test_closed_after_the_next_request_was_read(self):
        def second_time_unlucky(server, wire, head):
            wire.count = getattr(wire, "count", 0) + 1
            (hang_up if wire.count == 2 else answer_name)(server, wire, head)

        server = self.server("a", second_time_unlucky)
        wire = self.client(self.proxy(server, self.server("b")))
        self.assertEqual(len(self.names(wire, 30)), 30)
        post = self.server("a", second_time_unlucky)
        wire = self.client(self.proxy(post))
        self.assertEqual([wire.ask("POST", body=b"x").status for _ in range(2)], [200, 502])
        self.assertEqual(len(post.heads), 2, "a POST that was read is not sent again")

    def test_all_of_a_failed_server_are_dropped(self):
        gates = [threading.Event() for _ in range(3)]

        def script(server, wire, head):
            number = int(head.start.split(" ")[1][1:])
            gates[number].wait(TIMEOUT)
            (hang_up if number == 2 else answer_name)(server, wire, head)

        server = self.server(script=script)
        proxy = self.proxy(server)
        wires = [self.client(proxy) for _ in range(3)]
        for number, wire in enumerate(wires):
            wire.send(request("POST", f"/{number}", body=b"x"))
            wait_until(lambda n=number: len(server.heads) > n, "the server has the request")
        for number, status in enumerate((200, 200, 502)):
            gates[number].set()
            self.assertEqual(wires[number].response().status, status)
        wait_until(lambda: all(wire.closed for wire in server.wires), "the idle connections are closed")


class Poison(ProxyTest):
    EXTRA = response(b"poison")

    def assert_not_passed_on(self, script, method="GET", body=b"a"):
        """The client gets its answer; nobody ever gets what the server sent behind it."""
        server = self.server(script=script)
        proxy = self.proxy(server)
        first = self.client(proxy)
        answer = first.ask(method)
        self.assertEqual(answer.body, body)
        self.poisoned()
        for wire in (self.client(proxy), self.client(proxy)):
            self.assertEqual(self.names(wire, 3), "aaa")
        self.assertEqual(first.buffer, b"")
        try:
            self.assertEqual(self.names(first, 2), "aa")  # if the proxy has kept the connection, it is clean
        except (EOFError, ConnectionResetError, BrokenPipeError):
            pass

    def poisoned(self):
        """By when the extra bytes have been sent."""

    def test_in_one_piece_with_the_response(self):
        for answer in (response(b"a"), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"):
            with self.subTest(answer=answer):
                self.assert_not_passed_on(once(lambda _, wire, head, a=answer: wire.send(a + self.EXTRA)))

    def test_behind_a_response_without_a_body(self):
        for method, answer in (
            ("HEAD", response(b"a")),
            ("GET", b"HTTP/1.1 204 No Content\r\n\r\nHTTP"),
            ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nabcd"),
        ):
            with self.subTest(answer=answer):
                self.assert_not_passed_on(once(lambda _, wire, head, a=answer: wire.send(a + self.EXTRA)), method, b"")

    def test_while_the_connection_is_idle(self):
        answered, sent = threading.Event(), threading.Event()

        def script(_, wire, head):
            wire.send(response(b"a"))
            answered.wait(TIMEOUT)
            wire.send(self.EXTRA)
            sent.set()

        def poisoned():
            answered.set()
            self.assertTrue(sent.wait(TIMEOUT))

        self.poisoned = poisoned
        self.assert_not_passed_on(once(script))


if __name__ == "__main__":
    unittest.main()
