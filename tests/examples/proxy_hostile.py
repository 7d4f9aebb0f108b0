# SPDX-License-Identifier: MIT
"""Clients that send what is no request, or leave in the middle: an error for them, nothing for anybody else."""
import itertools
import select
import threading
import time
import unittest

from proxy_support import TIMEOUT, Head, ProxyTest, Response, answer_name, request, wait_until


def get(*lines, start="GET / HTTP/1.1", host="Host: test", end="\r\n"):
    return end.join([start, *([host] if host else []), *lines, "", ""]).encode("latin-1")


def post(*lines, body=b"", **more):
    return get(*lines, start=more.pop("start", "POST / HTTP/1.1"), **more) + body


CHUNKED = "Transfer-Encoding: chunked"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: test\r\n\r\n"  # what a smuggler would have the server read
OVERFLOW = 2**64 + 5
LONG = "x" * (20 << 10)

# What a client sends, and the statuses that are right.
MALFORMED = {
    "Content-Length and Transfer-Encoding": (post("Content-Length: 5", CHUNKED, body=b"0\r\n\r\n" + HIDDEN), {400}),
    "Transfer-Encoding and Content-Length": (post(CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n" + HIDDEN), {400}),
    "Content-Length differs": (post("Content-Length: 5", "Content-Length: 6", body=b"12345" + HIDDEN), {400}),
    "Content-Length twice the same": (post("Content-Length: 5", "Content-Length: 5", body=b"12345"), {400}),
    "Content-Length 5, 5": (post("Content-Length: 5, 5", body=b"12345"), {400}),
    "Content-Length +5": (post("Content-Length: +5", body=b"12345"), {400}),
    "Content-Length -1": (post("Content-Length: -1", body=b"12345"), {400}),
    "Content-Length 0x5": (post("Content-Length: 0x5", body=b"12345"), {400}),
    "Content-Length 5 5": (post("Content-Length: 5 5", body=b"12345"), {400}),
    "Content-Length empty": (post("Content-Length:", body=b"12345"), {400}),
    "Content-Length 2^64 + 5": (post(f"Content-Length: {OVERFLOW}", body=b"12345"), {400, 413}),
    "Transfer-Encoding unknown": (post("Transfer-Encoding: rot13", body=b"0\r\n\r\n"), {400, 501}),
    "Transfer-Encoding empty": (post("Transfer-Encoding:", body=b"0\r\n\r\n"), {400, 501}),
    "Transfer-Encoding twice": (post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"), {400, 501}),
    "Transfer-Encoding chunked, chunked": (post(f"{CHUNKED}, chunked", body=b"0\r\n\r\n"), {400, 501}),
    "Transfer-Encoding gzip, chunked": (post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), {400, 501}),
    "Transfer-Encoding chunked, gzip": (post(f"{CHUNKED}, gzip", body=b"0\r\n\r\n"), {400, 501}),
    "Transfer-Encoding xchunked": (post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), {400, 501}),
    "Transfer-Encoding with VT": (post("Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"), {400, 501}),
    "Transfer-Encoding in 1.0": (post(CHUNKED, start="POST / HTTP/1.0", body=b"0\r\n\r\n"), {400}),
    "obs-fold": (get("X-A: 1", " folded"), {400}),
    "obs-fold with a tab": (get("X-A: 1", "\tfolded"), {400}),
    "obs-fold in the first field": (get(" X-A: 1"), {400}),
    "obs-fold before the first field": (get(host=" Host: test"), {400}),
    "space before the colon": (post("Content-Length : 5", body=b"12345"), {400}),
    "tab before the colon": (post("Transfer-Encoding\t: chunked", body=b"0\r\n\r\n"), {400}),
    "no colon": (get("foo"), {400}),
    "no name": (get(": foo"), {400}),
    "space in a name": (get("X A: 1"), {400}),
    "NUL in a value": (get("X-A: a\0b"), {400}),
    "NUL in a name": (get("X\0A: b"), {400}),
    "control byte in a value": (get("X-A: a\x01b"), {400}),
    "bare CR in a value": (get("X-A: a\rX-B: b"), {400}),
    "bare CR as line end": (get("X-A: a", end="\r"), {400, 408}),
    "bare LF": (get("X-A: a", end="\n"), {400}),
    "bare LF once": (get("X-A: a\nX-B: b"), {400}),
    "bare LF at the end": (b"GET / HTTP/1.1\r\nHost: test\r\n\n", {400}),
    "control byte in the target": (get(start="GET /\x01 HTTP/1.1"), {400}),
    "NUL in the target": (get(start="GET /\0 HTTP/1.1"), {400}),
    "space in the target": (get(start="GET /a b HTTP/1.1"), {400}),
    "no target": (get(start="GET HTTP/1.1"), {400}),
    "no version": (get(start="GET /"), {400, 505}),
    "two spaces": (get(start="GET  / HTTP/1.1"), {400}),
    "space first": (get(start=" GET / HTTP/1.1"), {400}),
    "method of no token": (get(start="G@T / HTTP/1.1"), {400, 501}),
    "version http/1.1": (get(start="GET / http/1.1"), {400, 505}),
    "version HTTP/1.11": (get(start="GET / HTTP/1.11"), {400, 505}),
    "version HTTP/0.9": (get(start="GET / HTTP/0.9"), {400, 505}),
    "version HTTP/1.2": (get(start="GET / HTTP/1.2"), {505}),
    "version HTTP/2.0": (get(start="GET / HTTP/2.0"), {505}),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n", {400}),
    "no Host": (get(host=""), {400}),
    "two Hosts": (get("Host: other"), {400}),
    "the same Host twice": (get("Host: test"), {400}),
    "Host a/b": (get(host="Host: a/b"), {400}),
    "Host a b": (get(host="Host: a b"), {400}),
    "CONNECT": (get(start="CONNECT test:80 HTTP/1.1"), {501}),
    "bad chunk size": (post(CHUNKED, body=b"xyz\r\n12345\r\n0\r\n\r\n"), {400}),
    "negative chunk size": (post(CHUNKED, body=b"-1\r\n12345\r\n0\r\n\r\n"), {400}),
    "chunk size 0x5": (post(CHUNKED, body=b"0x5\r\n12345\r\n0\r\n\r\n"), {400}),
    "chunk size empty": (post(CHUNKED, body=b"\r\n12345\r\n0\r\n\r\n"), {400}),
    "chunk size 2^64 + 5": (post(CHUNKED, body=b"%x\r\n12345\r\n0\r\n\r\n" % OVERFLOW), {400, 413}),
    "chunk without CRLF": (post(CHUNKED, body=b"5\r\n123450\r\n\r\n"), {400}),
    "chunk longer than it says": (post(CHUNKED, body=b"3\r\n12345\r\n0\r\n\r\n"), {400}),
    "chunk size ended by LF": (post(CHUNKED, body=b"5\n12345\r\n0\r\n\r\n"), {400}),
    "chunk extension ended by LF": (post(CHUNKED, body=b"5;a\n12345\r\n0\r\n\r\n"), {400}),
    "LFs in a quoted chunk extension": (post(CHUNKED, body=b'3;a="\n0\n\nGET /\n\n"\r\nabc\r\n0\r\n\r\n'), {400}),
    "NUL in a chunk extension": (post(CHUNKED, body=b'3;a="\0"\r\nabc\r\n0\r\n\r\n'), {400}),
    "folded trailer": (post(CHUNKED, body=b"0\r\nX: a\r\n b\r\n\r\n"), {400}),
    "Host in the trailer": (post(CHUNKED, body=b"0\r\nHost: other\r\n\r\n"), {400}),
    "X-Forwarded-For in the trailer": (post(CHUNKED, body=b"0\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"), {400}),
    "absolute form without a host": (get(start="GET http:///x HTTP/1.1"), {400}),
    "head of 20 KiB": (get(f"X-A: {LONG}"), {431}),
    "head of 20 KiB in many fields": (get(*(f"X-{n}: {n:04}" for n in range(2000))), {431}),
    "head of 100 KiB": (get(f"X-A: {LONG * 5}"), {431}),
    "head of 2 MiB": (get(f"X-A: {LONG * 102}"), {431}),
    "head of 20 KiB that does not end": (get()[:-2] + f"X-A: {LONG}".encode(), {431}),
    "target of 20 KiB": (get(start=f"GET /{LONG} HTTP/1.1"), {414}),
    "target of 100 KiB": (get(start=f"GET /{LONG * 5} HTTP/1.1"), {414}),
    "method of 20 KiB": (get(start=f"{LONG} / HTTP/1.1"), {400, 414, 431, 501}),
}  # fmt: skip


class HostileTest(ProxyTest):
    def setUp(self):
        self.three = self.servers(a=5, b=1, c=1)
        self.turns = itertools.cycle("aabacaa")

    def assert_undisturbed(self, proxy, count=1):
        """The next clients are served, and by whom they would have been, had nothing happened."""
        for _ in range(count):
            wire = self.client(proxy)
            self.assertEqual(self.names(wire, 1), next(self.turns))
            wire.close()

    def rejected(self, wire):
        """The only response before the proxy closes."""
        data = wire.to_end()
        head, _, body = data.partition(b"\r\n\r\n")
        self.assertTrue(data.startswith(b"HTTP/1.1 "), data[:200])
        answer = Response(Head(head + b"\r\n\r\n"), body, [])
        self.assertEqual(len(body), int(answer.head.get("Content-Length") or 0), "one response and no more")
        self.assertEqual(answer.head.get("Connection"), "close")
        return answer.status


class Malformed(HostileTest):
    def test_table(self):
        proxy = self.proxy(*self.three, options=("--head-timeout", 1000, "--drain-timeout", 2000))
        start = proxy.descriptors()
        for name, (data, statuses) in MALFORMED.items():
            for prefix in (b"", request("GET", "/good")):  # alone, and pipelined behind a good one
                with self.subTest(name, pipelined=bool(prefix)):
                    wire = self.client(proxy)
                    if prefix:
                        wire.send(prefix)
                        self.assertEqual(wire.response().body.decode(), next(self.turns))
                    received = sum(server.received for server in self.three)
                    try:
                        wire.send(data)
                    except (BrokenPipeError, ConnectionResetError):
                        pass  # it has read enough
                    self.assertIn(self.rejected(wire), statuses)
                    self.assertEqual(sum(server.received for server in self.three), received, "nothing is forwarded")
                    wire.close()
                    self.assert_undisturbed(proxy)
        kept = len(self.three)  # one idle connection to each server
        wait_until(lambda: proxy.descriptors() <= start + kept, f"back to {start} descriptors and {kept} kept")

    def test_in_one_piece_behind_a_good_one(self):
        proxy = self.proxy(*self.three)
        wire = self.client(proxy)
        wire.send(request() + request() + get("foo") + HIDDEN)
        self.assertEqual([wire.response().body for _ in range(2)], [b"a", b"a"])
        self.assertEqual(self.rejected(wire), 400)
        next(self.turns), next(self.turns)
        self.assert_undisturbed(proxy, 14)
        self.assertFalse([h.start for s in self.three for h in s.heads if "hidden" in h.start])

    def test_a_bad_chunk_when_the_head_is_on_its_way(self):
        proxy = self.proxy(*self.three)
        for bad in (b"xyz\r\n", b"5\r\n12345xx"):
            with self.subTest(bad=bad):
                wire = self.client(proxy)
                name = next(self.turns)
                server = self.three["abc".index(name)]
                seen = len(server.heads)
                wire.send(post(CHUNKED, body=b"5\r\n12345\r\n"))
                wait_until(lambda: len(server.heads) > seen, f"{name} has the request")
                wire.send(bad)
                self.assertEqual(self.rejected(wire), 400)
                wait_until(lambda: server.wires[-1].closed, "the server's connection is closed")
                self.assert_undisturbed(proxy, 14)

    def test_a_chunked_body_may_come_byte_by_byte(self):
        proxy = self.proxy(*self.three)
        for body in (b"0\r\n\r\n", b"5\r\n12345\r\n0\r\n\r\n", b"1;a=b\r\nx\r\n0\r\nX-A: 1\r\n\r\n"):
            wire = self.client(proxy)
            wire.send(post(CHUNKED))
            for byte in body:
                select.select([wire.sock], [], [], 0.01)  # so that the proxy reads it by itself
                wire.send(bytes([byte]))
            self.assertEqual(wire.response().body.decode(), next(self.turns))

    def test_a_good_request_may_look_odd(self):
        proxy = self.proxy(*self.three)
        for name, data in {
            "an empty line first": b"\r\n" + request(),
            "white space around a value": get("X-A:  \t a \t "),
            "bytes above 127": get("X-A: \xe4\xf6\xfc"),
            "an unknown method": request("BREW", "/"),
            "a method in small letters": request("get", "/"),
            "chunked in capitals": post("Transfer-Encoding: CHUNKED", body=b"0\r\n\r\n"),
            "hexadecimal in capitals": post(CHUNKED, body=b"0000A\r\n1234567890\r\n0\r\n\r\n"),
            "a quoted chunk extension": post(CHUNKED, body=b'1;a="b;c"\r\nx\r\n0\r\n\r\n'),
            "absolute form": request("GET", "http://test/path"),
            "asterisk form": request("OPTIONS", "*"),
            "Host with a port": get(host="Host: test:8080"),
            "Host with an IPv6 address": get(host="Host: [::1]:8080"),
            "an empty Host": get(host="Host:"),
            "a head of 12 KiB": get(f"X-A: {'x' * 12_000}"),
        }.items():
            with self.subTest(name):
                wire = self.client(proxy)
                wire.send(data)
                self.assertEqual(wire.response().body.decode(), next(self.turns))


class Leaving(HostileTest):
    def test_a_slow_head(self):
        proxy = self.proxy(*self.three, options=("--head-timeout", 300))
        wire = self.client(proxy)
        start = time.monotonic()
        for byte in itertools.chain(b"GET / HTTP/1.1\r\n", itertools.cycle(b"X-A: 1\r\n")):
            if time.monotonic() - start > TIMEOUT or select.select([wire.sock], [], [], 0.02)[0]:
                break
            wire.send(bytes([byte]))
        self.assertEqual(self.rejected(wire), 408)
        self.assertEqual(sum(server.received for server in self.three), 0)
        self.assert_undisturbed(proxy, 14)

    def test_a_body_that_stalls(self):
        proxy = self.proxy(*self.three, options=("--idle-timeout", 300))
        for data in (post("Content-Length: 1000", body=b"x" * 10), post(CHUNKED, body=b"5\r\n123")):
            server = self.three["abc".index(next(self.turns))]
            wire = self.client(proxy)
            wire.send(data)
            self.assertEqual(self.rejected(wire), 408)
            wait_until(lambda s=server: s.wires[-1].closed, "the server's connection is closed")
            self.assert_undisturbed(proxy, 14)

    def test_a_slow_body_that_goes_on_is_served(self):
        wire = self.client(self.proxy(*self.three, options=("--idle-timeout", 400)))
        wire.send(post("Content-Length: 30"))
        for _ in range(30):  # longer than the timeout in all, and never that long without a byte
            select.select([wire.sock], [], [], 0.03)
            wire.send(b"x")
        self.assertEqual(wire.response().body, b"a")

    def test_in_the_middle_of_a_request(self):
        proxy = self.proxy(*self.three)
        for leave in ("close", "reset"):
            for data in (post("Content-Length: 1000", body=b"x" * 10), post(CHUNKED, body=b"5\r\n123")):
                with self.subTest(leave=leave, data=data):
                    name = next(self.turns)
                    server = self.three["abc".index(name)]
                    seen = len(server.heads)
                    wire = self.client(proxy)
                    wire.send(data)
                    wait_until(lambda: len(server.heads) > seen, f"{name} has the request")
                    getattr(wire, leave)()
                    wait_until(lambda: server.wires[-1].closed, "the server's connection is closed")
                    self.assert_undisturbed(proxy, 14)
        for data in (b"", b"GET", get()[:-2]):
            wire = self.client(proxy)
            wire.send(data)
            wire.reset()
        self.assert_undisturbed(proxy, 14)

    def left_behind(self, script, read):
        """Resets 20 clients whose requests `script` serves; descriptors and shares must be as before."""
        proxy = self.proxy(*self.three)
        self.assert_undisturbed(proxy, 7)
        self.client(proxy).close()
        before = proxy.descriptors()
        for _ in range(21):
            server = self.three["abc".index(next(self.turns))]
            server.script, seen = script, len(server.heads)
            wire = self.client(proxy)
            wire.send(request())
            wait_until(lambda: len(server.heads) > seen, "the server has the request")
            wire.exactly(read)
            wire.reset()
            server.script = answer_name
        wait_until(lambda: proxy.descriptors() <= before, f"back to {before} descriptors")
        self.assert_undisturbed(proxy, 14)

    def test_while_a_response_is_streamed(self):
        def flood(_, wire, head):
            wire.body(head)
            wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            while True:
                wire.send(b"x" * 65536)

        self.left_behind(flood, 100_000)

    def test_while_the_server_is_silent(self):
        def silent(_, wire, head):
            wire.body(head)
            wire.to_end()
            wire.close()

        self.left_behind(silent, 0)

    def test_a_silent_server_sees_it_whatever_was_sent_before(self):
        def silent(_, wire, head):
            wire.body(head)
            wire.send(begin)
            wire.to_end()
            wire.close()

        proxy = self.proxy(*self.three)
        begins = (b"", b"HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n")  # silent from the start, or in the middle
        for begin, leave, ahead in itertools.product(begins, ("close", "reset"), (b"", b"GET /2 HTT")):
            with self.subTest(begin=begin, leave=leave, ahead=ahead):
                server = self.three["abc".index(next(self.turns))]
                server.script, seen = silent, len(server.heads)
                wire = self.client(proxy)
                wire.send(request())
                wait_until(lambda s=server, n=seen: len(s.heads) > n, "the server has the request")
                wire.exactly(1 if begin else 0)
                wire.send(ahead)
                getattr(wire, leave)()
                wait_until(lambda s=server: s.wires[-1].closed, "the server's connection is closed")
                server.script = answer_name
                self.assert_undisturbed(proxy, 14)

    def test_a_server_may_lose_patience_with_a_body(self):
        def impatient(_, wire, head):
            wire.sock.settimeout(1.2)
            try:
                wire.body(head)
            except TimeoutError:
                wire.close()

        proxy = self.proxy(*self.three)
        server = self.three["abc".index(next(self.turns))]
        server.script = impatient
        wire = self.client(proxy)
        wire.send(post("Content-Length: 99", body=b"abc"))
        self.assertEqual(self.rejected(wire), 502)
        server.script = answer_name
        self.assert_undisturbed(proxy, 14)

    def test_many_at_once(self):
        proxy = self.proxy(*self.three)
        self.assert_undisturbed(proxy, 7)
        before = proxy.descriptors()
        wires = [self.client(proxy) for _ in range(200)]
        for wire, half in zip(wires, itertools.cycle((post("Content-Length: 5", body=b"12"), post(CHUNKED)[:-20]))):
            wire.send(half)
        for _ in range(100):  # half of them got as far as to a server
            next(self.turns)
        wait_until(lambda: sum(len(server.heads) for server in self.three) == 107, "the servers have the requests")
        # the connections to the servers and those of earlier clients come on top, and may end meanwhile
        wait_until(lambda: proxy.descriptors() >= 200, "all are there")
        self.assert_undisturbed(proxy, 7)
        threads = [threading.Thread(target=wire.reset) for wire in wires]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: proxy.descriptors() <= before, f"back to {before} descriptors")
        self.assert_undisturbed(proxy, 7)


if __name__ == "__main__":
    unittest.main()
