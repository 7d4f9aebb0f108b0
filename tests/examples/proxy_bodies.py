# SPDX-License-Identifier: MIT
"""Bodies: streamed both ways, of every framing, and the responses that have none."""
import hashlib
import os
import threading
import unittest

from proxy_support import TIMEOUT, ProxyTest, request, response

SIZE = 3 << 20


def echo(_, wire, head):
    """Sends the request's body back as it comes, in the same framing."""
    if head.get("Transfer-Encoding"):
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for framed, _ in wire.chunks():
            wire.send(framed)
        return
    left = int(head.get("Content-Length"))
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % left)
    while left:
        piece = wire.some(left)
        wire.send(piece)
        left -= len(piece)


def chunked(data, sizes):
    """`data` in chunks of these sizes, again and again, with an extension here and there, and a trailer field."""
    pieces, at, turn = [], 0, 0
    while at < len(data):
        piece = data[at : at + sizes[turn % len(sizes)]]
        extension = b";n=%d" % turn if turn % 3 == 1 else b""
        pieces.append(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece))
        at += len(piece)
        turn += 1
    return b"".join(pieces) + b"0\r\nX-Checksum: none\r\n\r\n"


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Streaming(ProxyTest):
    def echoed(self, wire, head, framed, read):
        """Sends half, reads the beginning of the echo, and only then sends the rest while it reads on."""
        wire.send(head + framed[: len(framed) // 2])
        answer = wire.head()
        self.assertEqual(answer.status, 200)
        self.assertNotEqual(wire.some(1), b"")
        rest = threading.Thread(target=wire.send, args=(framed[len(framed) // 2 :],))
        wire.buffer = framed[:1] + wire.buffer  # the byte read above
        rest.start()
        try:
            return read(answer)
        finally:
            rest.join()

    def test_content_length_both_ways_at_once(self):
        wire = self.client(self.proxy(self.server(script=echo)))
        data = os.urandom(SIZE)
        for method in ("POST", "PUT"):
            head = request(method, "/", f"Content-Length: {SIZE}")
            self.assertEqual(sha(self.echoed(wire, head, data, wire.body)), sha(data))
        self.assertEqual(wire.ask("POST", body=b"small").body, b"small")

    def test_chunked_both_ways_at_once(self):
        server = self.server(script=echo)
        wire = self.client(self.proxy(server))
        data = os.urandom(SIZE)
        for sizes in ([1 << 20], [1, 7, 4096, 65536, 100_000]):
            framed = chunked(data, sizes)
            pieces = []

            def read(_):
                for raw, piece in wire.chunks():
                    pieces.append(piece)
                    yield raw

            head = request("POST", "/", "Transfer-Encoding: chunked")
            raw = self.echoed(wire, head, framed, lambda answer: b"".join(read(answer)))
            self.assertEqual(sha(b"".join(pieces)), sha(data))
            self.assertEqual(sha(raw), sha(framed), "the framing is forwarded as it is")
        self.assertEqual(wire.ask("POST", body=b"small").body, b"small")
        self.assertEqual(len(server.wires), 1, "connections to the server")

    def test_many_small_chunks_one_by_one(self):
        wire = self.client(self.proxy(self.server(script=echo)))
        wire.sock.settimeout(2)
        wire.send(request("POST", "/", "Transfer-Encoding: chunked"))
        self.assertEqual(wire.head().status, 200)
        echoes = wire.chunks()
        for size in (1, 2, 15, 16, 255, 256, 1):
            for byte in b"%x\r\n%s\r\n" % (size, b"x" * size):
                wire.send(bytes([byte]))
            self.assertEqual(next(echoes)[1], b"x" * size)
        wire.send(b"0\r\n\r\n")
        self.assertEqual(next(echoes), (b"0\r\n\r\n", b""))

    def test_a_complete_chunk_of_a_response_does_not_wait_for_the_next(self):
        read = threading.Event()

        def script(_, wire, head):
            wire.body(head)
            wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for size in (1, 16, 256):
                read.clear()
                wire.send(b"%x\r\n%s\r\n" % (size, b"x" * size))
                read.wait(TIMEOUT)
            wire.send(b"0\r\n\r\n")

        wire = self.client(self.proxy(self.server(script=script)))
        wire.sock.settimeout(2)
        wire.send(request())
        self.addCleanup(read.set)
        self.assertEqual(wire.head().status, 200)
        for framed, data in wire.chunks():
            self.assertIn(len(data), (0, 1, 16, 256), framed)
            read.set()

    def test_a_slow_reader_holds_the_server_back(self):
        whole, sent, stalled = 64 << 20, [0], threading.Event()

        def flood(_, wire, head):
            wire.body(head)
            wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % whole)
            wire.sock.settimeout(0.5)
            try:
                while sent[0] < whole:
                    sent[0] += wire.sock.send(b"x" * (1 << 16))
            finally:
                stalled.set()

        wire = self.client(self.proxy(self.server(script=flood)))
        wire.send(request())
        self.assertTrue(stalled.wait(10))
        self.assertLess(sent[0], whole, "the proxy takes what its client does not read")

    def test_an_answer_before_the_body_is_complete(self):
        def refuse(_, wire, head):
            wire.send(response(b"too much", status="413 Content Too Large"))
            wire.body(head)

        wire = self.client(self.proxy(self.server(script=refuse)))
        wire.send(request("POST", "/", "Content-Length: 100000") + b"x" * 50_000)
        answer = wire.response()
        self.assertEqual((answer.status, answer.body), (413, b"too much"))


class Framing(ProxyTest):
    def test_responses_without_a_body(self):
        def script(_, wire, head):
            wire.body(head)
            length = "" if "204" in head.start else "Content-Length: 12345\r\n"
            status = {"/204": "204 No Content", "/304": "304 Not Modified"}.get(head.start.split(" ")[1], "200 OK")
            wire.send(f"HTTP/1.1 {status}\r\n{length}\r\n".encode())

        server = self.server(script=script)
        wire = self.client(self.proxy(server))
        for _ in range(3):
            for method, target, status in (("HEAD", "/", 200), ("GET", "/204", 204), ("GET", "/304", 304),
                                           ("HEAD", "/304", 304), ("DELETE", "/204", 204)):  # fmt: skip
                with self.subTest(method=method, target=target):
                    answer = wire.ask(method, target)
                    self.assertEqual(answer.status, status)
                    self.assertEqual(wire.buffer, b"")
                    self.assertEqual(answer.head.get("Content-Length"), None if status == 204 else "12345")
        self.assertEqual(len(server.wires), 1, "connections to the server")

    def test_head_of_a_chunked_response(self):
        def script(_, wire, head):
            wire.body(head)
            wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            if head.method != "HEAD":
                wire.send(b"3\r\nabc\r\n0\r\n\r\n")

        wire = self.client(self.proxy(self.server(script=script)))
        for _ in range(2):
            self.assertEqual(wire.ask("HEAD").head.get("Transfer-Encoding"), "chunked")
            self.assertEqual(wire.ask("GET").body, b"abc")

    def test_empty_bodies(self):
        def script(_, wire, head):
            wire.body(head)
            chunked_one = "chunked" in head.start
            wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" if chunked_one else response())

        server = self.server(script=script)
        wire = self.client(self.proxy(server))
        for target in ("/", "/chunked", "/", "/chunked"):
            self.assertEqual(wire.ask("POST", target, body=b"").body, b"")
            wire.send(request("POST", target, "Transfer-Encoding: chunked") + b"0\r\n\r\n")
            self.assertEqual(wire.response().body, b"")
        self.assertEqual(len(server.wires), 1, "connections to the server")

    def test_until_close(self):
        data = os.urandom(SIZE)

        def script(_, wire, head):
            wire.body(head)
            wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + data)
            wire.close()

        proxy = self.proxy(self.server(script=script))
        for _ in range(2):
            answer = self.client(proxy).ask()
            self.assertEqual(sha(answer.body), sha(data))

    def test_a_body_cut_short_is_not_passed_off_as_whole(self):
        def script(_, wire, head):
            wire.body(head)
            framing = b"Transfer-Encoding: chunked\r\n\r\n20\r\n" if "chunked" in head.start else b"Content-Length: 32\r\n\r\n"
            wire.send(b"HTTP/1.1 200 OK\r\n" + framing + b"only a part")
            wire.close()

        cut, whole = self.server("a", script), self.server("b")
        for target in ("/length", "/chunked"):
            with self.subTest(target=target):
                wire = self.client(self.proxy(cut, whole))
                wire.send(request("GET", target))
                self.assertEqual(wire.head().status, 200)
                self.assertTrue(wire.to_end().endswith(b"only a part"))
        self.assertEqual(len(whole.heads), 0, "a response that has begun is not asked for again")


class Connections(ProxyTest):
    def test_http_1_0_clients(self):
        server = self.server()
        proxy = self.proxy(server)
        for fields in ("", "Host: test\r\n", "Connection: close\r\n"):
            with self.subTest(fields=fields):
                wire = self.client(proxy)
                wire.send(f"GET / HTTP/1.0\r\n{fields}\r\n".encode())
                self.assertEqual(wire.response().body, b"a")
                self.assert_closed(wire)
                self.assertTrue(server.heads[-1].start.endswith(" HTTP/1.0"), server.heads[-1].start)

    def test_a_server_that_closes_leaves_the_client_open(self):
        def script(_, wire, head):
            wire.body(head)
            old = head.start.split(" ")[1] == "/old"
            wire.send(response(b"a").replace(b"1.1", b"1.0") if old else response(b"a", "Connection: close"))
            wire.close()

        server = self.server(script=script)
        wire = self.client(self.proxy(server))
        for number, target in enumerate(("/", "/old", "/", "/old"), 1):
            self.assertEqual(wire.ask("POST", target, body=b"x").body, b"a")
            self.assertEqual(len(server.wires), number)

    def test_pipelined_requests_are_answered_in_order(self):
        def script(_, wire, head):
            wire.send(response(head.start.split(" ")[1].encode() + b" " + wire.body(head)))

        wire = self.client(self.proxy(self.server("a", script), self.server("b", script)))
        for _ in range(3):
            wire.send(request("GET", "/1") + request("GET", "/2") + request("POST", "/3", body=b"x") + request("GET", "/4"))
            bodies = [wire.response().body for _ in range(4)]
            self.assertEqual(bodies, [b"/1 ", b"/2 ", b"/3 x", b"/4 "])
        wire.send(request("GET", "/1") + request("GET", "/2", "Connection: close") + request("GET", "/3"))
        self.assertEqual([wire.response().body for _ in range(2)], [b"/1 ", b"/2 "])
        self.assert_closed(wire)

    def test_a_request_in_single_bytes(self):
        wire = self.client(self.proxy(self.server()))
        for byte in request("POST", "/", body=b"12345"):
            wire.send(bytes([byte]))
        self.assertEqual(wire.response().body, b"a")


if __name__ == "__main__":
    unittest.main()
