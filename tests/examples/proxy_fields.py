# SPDX-License-Identifier: MIT
"""What is passed on, taken away and added: fields, 1xx responses, Expect, upgrades."""
import os
import threading
import unittest

from proxy_support import TIMEOUT, ProxyTest, request, response


class Fields(ProxyTest):
    def seen(self, *fields, method="GET", body=None):
        """The request head that the server sees when a client sends these fields."""
        server = self.server()
        answer = self.client(self.proxy(server)).ask(method, "/path?query=1", *fields, body=body)
        self.assertEqual(answer.status, 200)
        return server.heads[0]

    def test_the_rest_is_passed_on(self):
        head = self.seen("Accept: */*", "X-Empty:", "x-CASE: MiXed", "Cookie: a=1", "Cookie: b=2", body=b"12345", method="POST")
        self.assertEqual(head.start, "POST /path?query=1 HTTP/1.1")
        self.assertEqual(head.all("Host"), ["test"])
        self.assertEqual(head.all("Cookie"), ["a=1", "b=2"])
        self.assertEqual((head.get("Accept"), head.get("X-Empty"), head.get("X-Case")), ("*/*", "", "MiXed"))
        self.assertEqual(head.all("Content-Length"), ["5"])

    def test_hop_by_hop_fields_of_a_request(self):
        head = self.seen("Connection: keep-alive, X-Secret", "X-Secret: 1", "cOnNeCtIoN: x-other", "X-OTHER: 2",
                         "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "X-Kept: 3",
                         "Upgrade: websocket")  # fmt: skip
        for name in ("X-Secret", "X-Other", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade"):
            self.assertEqual(head.all(name), [], name)
        self.assertNotIn("secret", (head.get("Connection") or "").lower())
        self.assertEqual(head.get("X-Kept"), "3")

    def test_connection_cannot_name_what_frames_a_message(self):
        for name in ("Content-Length", "Host", "Transfer-Encoding", "X-Forwarded-For", "Via"):
            with self.subTest(name=name):
                server = self.server()
                wire = self.client(self.proxy(server))
                wire.send(request("POST", "/", f"Connection: {name}", body=b"12345"))
                if wire.response().status == 400:
                    self.assertEqual(server.received, 0)
                    continue
                head = server.heads[0]
                self.assertEqual((head.get("Content-Length"), head.get("Host")), ("5", "test"))
                self.assertEqual(head.get("X-Forwarded-For"), "127.0.0.1")
                self.assertEqual(head.get("Via"), "1.1 poise-proxy")

    def test_hop_by_hop_fields_of_a_response(self):
        def script(_, wire, head):
            wire.body(head)
            wire.send(response(b"a", "Connection: X-Secret, keep-alive", "X-Secret: 1", "Keep-Alive: timeout=5",
                               "Proxy-Connection: keep-alive", "Upgrade: h2c", "X-Kept: 3", "Set-Cookie: a=1",
                               "Set-Cookie: b=2"))  # fmt: skip

        wire = self.client(self.proxy(self.server(script=script)))
        for _ in range(2):
            answer = wire.ask()
            for name in ("X-Secret", "Keep-Alive", "Proxy-Connection", "Upgrade"):
                self.assertEqual(answer.head.all(name), [], name)
            self.assertEqual((answer.head.get("X-Kept"), answer.body), ("3", b"a"))
            self.assertEqual(answer.head.all("Set-Cookie"), ["a=1", "b=2"])

    def test_a_client_that_closes_leaves_the_server_open(self):
        server = self.server()
        proxy = self.proxy(server)
        for _ in range(3):
            wire = self.client(proxy)
            answer = wire.ask("GET", "/", "Connection: close")
            self.assertEqual((answer.body, answer.head.get("Connection")), (b"a", "close"))
            self.assert_closed(wire)
        self.assertEqual(len(server.wires), 1, "connections to the server")
        self.assertNotIn("close", [head.get("Connection") for head in server.heads])

    def test_a_server_that_closes_does_not_say_so_to_the_client(self):
        def script(_, wire, head):
            wire.body(head)
            wire.send(response(b"a", "Connection: close"))
            wire.close()

        wire = self.client(self.proxy(self.server(script=script)))
        for _ in range(2):
            self.assertNotIn("close", wire.ask().head.all("Connection"))

    def test_x_forwarded_for(self):
        for fields, expected in (
            ([], "127.0.0.1"),
            (["X-Forwarded-For: 192.0.2.1"], "192.0.2.1, 127.0.0.1"),
            (["X-Forwarded-For: 192.0.2.1, 192.0.2.2"], "192.0.2.1, 192.0.2.2, 127.0.0.1"),
            (["x-forwarded-for: 192.0.2.1", "X-Other: 1", "X-Forwarded-For: 192.0.2.2"], "192.0.2.1, 192.0.2.2, 127.0.0.1"),
        ):
            with self.subTest(fields=fields):
                self.assertEqual(self.seen(*fields).all("X-Forwarded-For"), [expected])

    def test_via(self):
        self.assertEqual(self.seen().all("Via"), ["1.1 poise-proxy"])
        self.assertEqual(self.seen("Via: 1.0 fred").get("Via"), "1.0 fred, 1.1 poise-proxy")


class Interim(ProxyTest):
    def test_early_hints_come_first(self):
        def script(_, wire, head):
            wire.body(head)
            wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
            wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
            wire.send(response(b"final"))

        server = self.server(script=script)
        wire = self.client(self.proxy(server))
        for _ in range(3):
            answer = wire.ask()
            self.assertEqual([head.status for head in answer.interim], [103, 103, 100])
            self.assertEqual([head.get("Link") for head in answer.interim], ["</a.css>", "</b.css>", None])
            self.assertEqual((answer.status, answer.body), (200, b"final"))
        self.assertEqual(len(server.wires), 1, "connections to the server")

    def test_early_hints_do_not_wait_for_the_response(self):
        relayed = threading.Event()

        def script(_, wire, head):
            wire.body(head)
            wire.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            relayed.wait(TIMEOUT)
            wire.send(response(b"final"))

        wire = self.client(self.proxy(self.server(script=script)))
        wire.send(request())
        self.assertEqual(wire.head().status, 103)
        relayed.set()
        self.assertEqual(wire.response().body, b"final")

    def test_expect_is_the_servers_to_answer(self):
        def script(_, wire, head):
            if "/no" in head.start:
                wire.send(response(b"", "Connection: close", status="417 Expectation Failed"))
                return wire.close()
            wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            return wire.send(response(wire.body(head)))

        server = self.server(script=script)
        proxy = self.proxy(server)
        for framing, body in (("Content-Length: 5", b"12345"), ("Transfer-Encoding: chunked", b"5\r\n12345\r\n0\r\n\r\n")):
            with self.subTest(framing=framing):
                wire = self.client(proxy)
                wire.send(request("POST", "/", "Expect: 100-continue", framing))
                self.assertEqual(wire.head().status, 100)
                self.assertEqual(server.heads[-1].get("Expect"), "100-continue")
                wire.send(body)
                self.assertEqual(wire.response().body, b"12345")
                wire.send(request("POST", "/no", "Expect: 100-continue", framing))
                self.assertEqual(wire.response().status, 417)


    def test_expect_when_the_server_has_never_heard_of_it(self):
        def script(_, wire, head):
            return wire.send(response(wire.body(head)))

        wire = self.client(self.proxy(self.server(script=script)))
        wire.send(request("POST", "/", "Expect: 100-continue", "Content-Length: 5"))
        self.assertEqual(wire.head().status, 100)
        wire.send(b"12345")
        self.assertEqual(wire.response().body, b"12345")


class Upgrade(ProxyTest):
    ASK = request("GET", "/chat", "Connection: keep-alive, Upgrade", "Upgrade: shout")
    AGREE = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n"

    def upgraded(self, script):
        """A client whose tunnel stands, and the server behind it; `script` goes on after the 101."""

        def agree_first(server, wire, head):
            if head.get("Upgrade") is None:
                return wire.send(response(b"plain"))
            wire.send(self.AGREE + b"welcome ")
            script(wire)
            return wire.close()

        server = self.server(script=agree_first)
        self.running = self.proxy(server)
        wire = self.client(self.running)
        wire.send(self.ASK)
        head = wire.head()
        self.assertEqual((head.status, head.get("Upgrade"), head.get("Connection").lower()), (101, "shout", "upgrade"))
        self.assertEqual(wire.exactly(8), b"welcome ")
        seen = server.heads[0]
        self.assertEqual((seen.get("Upgrade"), seen.get("Connection").lower()), ("shout", "upgrade"))
        return wire

    def test_bytes_both_ways_and_half_close_by_the_client(self):
        def shout(wire):
            try:
                while True:
                    wire.send(wire.some().upper())
            except EOFError:
                wire.send(b"bye")

        wire = self.upgraded(shout)
        wire.send(b"abc")
        self.assertEqual(wire.exactly(3), b"ABC")
        data = os.urandom(1 << 20).hex().encode()
        sender = threading.Thread(target=lambda: (wire.send(data), wire.finish()))
        sender.start()
        received = wire.to_end()
        sender.join()
        self.assertEqual(len(received), len(data) + 3)
        self.assertEqual(received, data.upper() + b"bye")
        self.assertEqual(self.client(self.running).ask().body, b"plain")

    def test_half_close_by_the_server(self):
        heard, done = [], threading.Event()

        def listen(wire):
            wire.send(b"I listen")
            wire.finish()
            heard.append(wire.to_end())
            done.set()

        wire = self.upgraded(listen)
        self.assertEqual(wire.to_end(), b"I listen")
        wire.send(b"still here")
        wire.finish()
        self.assertTrue(done.wait(TIMEOUT))
        self.assertEqual(heard, [b"still here"])

    def test_a_reset_ends_both_sides(self):
        done = threading.Event()

        def listen(wire):
            wire.to_end()
            done.set()

        wire = self.upgraded(listen)
        wire.reset()
        self.assertTrue(done.wait(TIMEOUT))

    def test_a_server_that_declines(self):
        server = self.server()
        wire = self.client(self.proxy(server))
        for _ in range(2):
            wire.send(self.ASK)
            self.assertEqual(wire.response().body, b"a")
            self.assertEqual(wire.ask().body, b"a")
        self.assertEqual(len(server.wires), 1, "connections to the server")

    def test_a_101_that_nobody_asked_for_is_no_answer(self):
        server = self.server(script=lambda _, wire, head: wire.send(self.AGREE))
        answer = self.client(self.proxy(server)).ask("POST", body=b"x")
        self.assertEqual(answer.status, 502)


if __name__ == "__main__":
    unittest.main()
