# SPDX-License-Identifier: MIT
"""Requests that are under way when their server fails or their client stops sending: nothing is lost or made up."""
import unittest

from proxy_support import TIMEOUT, ProxyTest, request, response, wait_until


def echo(_, wire, head):
    wire.send(response(wire.body(head)))


def one_byte_and_away(_, wire, head):
    """Takes one byte of the body and closes, while the rest is on its way."""
    wire.some(1)
    wire.close()


def in_pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


class UnderWay(ProxyTest):
    def test_a_body_in_pieces_reaches_the_next_server_whole(self):
        bad, good = self.server("bad", one_byte_and_away), self.server("good", echo)
        proxy = self.proxy(bad, good, balance="lvs-wrr")
        for turn in range(200):
            data = b"".join(b"%04d." % n for n in range(400 + turn * 10))
            chunked = turn % 2 == 1
            framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(data)}"
            with self.subTest(turn=turn, framing=framing):
                wire = self.client(proxy)
                wire.send(request("PUT", "/", framing))
                for piece in in_pieces(data, 311):
                    wire.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                if chunked:
                    wire.send(b"0\r\n\r\n")
                answer = wire.response()
                self.assertEqual((answer.status, answer.body), (200, data))
                wire.close()
        self.assertGreater(len(bad.heads), 50, "the bad server was asked, too")


class HalfClosed(ProxyTest):
    def test_a_client_that_has_said_all_gets_its_answer(self):
        def slow(_, wire, head):
            wire.sock.settimeout(0.4)  # longer than the proxy takes to look whether its client is still there
            try:
                wire.some(1)
            except TimeoutError:
                wire.send(response(b"slow"))

        proxy = self.proxy(self.server(script=slow))
        for _ in range(3):
            wire = self.client(proxy)
            wire.send(request("GET", "/"))
            wire.finish()
            self.assertEqual(wire.response().body, b"slow")
            wire.close()

    def test_a_client_that_is_gone_is_noticed(self):
        def silent(_, wire, head):
            wire.to_end()
            wire.close()

        server = self.server(script=silent)
        proxy = self.proxy(server)
        wire = self.client(proxy)
        wire.send(request("GET", "/"))
        wait_until(lambda: server.heads, "the server has the request")
        wire.close()
        wait_until(lambda: server.wires[0].closed, "the proxy has given up the server's connection", TIMEOUT)


class Destination(ProxyTest):
    def test_an_absolute_target_names_the_host(self):
        server = self.server()
        wire = self.client(self.proxy(server))
        for target, path, host in (
            ("http://other:81/a?b", "/a?b", "other:81"),
            ("HTTP://other", "/", "other"),
            ("http://other?q", "/?q", "other"),
            ("/a?u=http://other/", "/a?u=http://other/", "test"),
        ):
            with self.subTest(target):
                wire.send(request("GET", target))
                self.assertEqual(wire.response().status, 200)
                self.assertEqual(server.heads[-1].start, f"GET {path} HTTP/1.1")
                self.assertEqual(server.heads[-1].get("Host"), host)


if __name__ == "__main__":
    unittest.main()
