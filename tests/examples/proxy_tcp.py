# SPDX-License-Identifier: MIT
"""--mode tcp: bytes both ways as they are, half-closed and reset connections, servers that cannot be reached."""
import hashlib
import os
import select
import socket
import struct
import subprocess
import threading
import unittest

from proxy_support import ProxyTest, Server, Wire, wait_until

MIB = 1 << 20


def say_name(server, wire):
    """Says its name, and then everything back until the client has finished."""
    wire.send(server.name.encode())
    while True:
        wire.send(wire.some())


class RawServer(Server):
    """Follows script(server, wire) for each connection, and closes it at the script's end."""

    def _serve(self, wire):
        try:
            self.script(self, wire)
        except (EOFError, OSError):
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(error)
        finally:
            wire.close()


def rdp_request(cookie):
    """An X.224 connection request: TPKT and X.224 headers, the cookie, a negotiation request."""
    rest = cookie.encode() + b"\r\n" + bytes((1, 0, 8, 0, 3, 0, 0, 0))
    return struct.pack(">BBHBBHHB", 3, 0, 11 + len(rest), min(6 + len(rest), 255), 0xE0, 0, 0, 0) + rest


class TcpTest(ProxyTest):
    def raw(self, name="a", script=say_name, weight=1):
        server = RawServer(name, script, weight)
        self.addCleanup(server.close)
        return server

    def abc(self, **weights):
        return [self.raw(name, weight=weight) for name, weight in (weights or dict(a=1, b=1, c=1)).items()]

    def tcp(self, *servers, balance="smooth", options=()):
        return self.proxy(*servers, balance=balance, options=("--mode", "tcp", "--drain-timeout", 2000, *options))

    def name(self, proxy, first=b"", source=""):
        """Who answers a new connection, which stays open."""
        wire = proxy.connect(source)
        self.addCleanup(wire.close)
        wire.send(first)
        return wire.exactly(1).decode()

    def order(self, proxy, count):
        names = ""
        for _ in range(count):
            wire = proxy.connect()
            names += wire.exactly(1).decode()
            wire.finish()
            self.assert_closed(wire)
            wire.close()
        return names


class Choice(TcpTest):
    def test_connections_in_exact_order(self):
        for balance, order in (("smooth", "aabacaa"), ("lvs/wrr", "aaaaabc"), ("roundrobin", "aaabaac"), ("lvs/rr", "abcabca")):
            with self.subTest(balance):
                self.assertEqual(self.order(self.tcp(*self.abc(a=5, b=1, c=1), balance=balance), 14), order * 2
                                 if balance != "lvs/rr" else "abc" * 4 + "ab")

    def test_leastconn_counts_open_connections(self):
        proxy = self.tcp(*self.abc(), balance="leastconn")
        self.assertEqual("".join(sorted(self.name(proxy) for _ in range(6))), "aabbcc")

    def test_weights_count_for_open_connections(self):
        proxy = self.tcp(*self.abc(a=4, b=1, c=1), balance="lvs/wlc")
        self.assertEqual("".join(sorted(self.name(proxy) for _ in range(12))), "a" * 8 + "bbcc")

    def test_a_client_meets_one_server_by_source(self):
        for balance in ("source", "source hash-type consistent", "ip_hash", "lvs/mh"):
            with self.subTest(balance):
                proxy = self.tcp(*self.abc(), balance=balance)
                met = {i: {self.name(proxy, source=f"127.0.{i}.1") for _ in range(3)} for i in range(1, 20)}
                self.assertTrue(all(len(names) == 1 for names in met.values()), met)
                self.assertGreater(len(set().union(*met.values())), 1)

    def test_rdp_cookies(self):
        proxy = self.tcp(*self.abc(), balance="rdp-cookie")
        users = [f"user{i}" for i in range(12)]
        met = {user: {self.name(proxy, rdp_request(f"Cookie: mstshash={user}")) for _ in range(3)} for user in users}
        self.assertTrue(all(len(names) == 1 for names in met.values()), met)
        self.assertEqual(set().union(*met.values()), set("abc"))
        for user in users[:3]:  # in single bytes
            wire = self.client(proxy)
            packet = rdp_request(f"Cookie: MSTSHASH={user}")
            for i in range(len(packet)):
                wire.send(packet[i : i + 1])
            name = wire.exactly(1).decode()
            self.assertEqual({name}, met[user])
            self.assertEqual(wire.exactly(len(packet)), packet)  # all of it arrived, and came back
        msts = self.tcp(*self.abc(), balance="rdp-cookie(msts)")
        self.assertEqual(len({self.name(msts, rdp_request("Cookie: msts=3640205228.15629.0000")) for _ in range(5)}), 1)

    def test_what_is_no_rdp_cookie_falls_back(self):
        proxy = self.tcp(*self.abc(), balance="rdp-cookie", options=("--head-timeout", 100))
        for first in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00", rdp_request("Cookie: x=y"),
                      rdp_request("Cookie: mstshash="), b"\0" * 5000, rdp_request("Cookie: mstshash=" + "x" * 6000)):
            with self.subTest(first[:40]):
                self.assertEqual("".join(sorted(self.name(proxy, first) for _ in range(3))), "abc")
        for first in (b"", rdp_request("Cookie: mstshash=unfinished")[:25]):  # then only time tells
            self.assertIn(self.name(proxy, first), "abc")

    def test_an_rdp_client_that_ends_at_once(self):
        proxy = self.tcp(self.raw(), balance="rdp-cookie")
        wire = self.client(proxy)
        wire.send(b"hi")
        wire.finish()
        self.assertEqual(wire.to_end(), b"ahi")


class Streams(TcpTest):
    def test_64_mib_both_ways_at_once(self):
        blocks = [os.urandom(MIB), os.urandom(MIB)]
        there, back = hashlib.sha256(), hashlib.sha256()

        def both_ways(_, wire):
            writer = threading.Thread(target=lambda: [wire.send(blocks[1]) for _ in range(64)])
            writer.start()
            for _ in range(64):
                there.update(wire.exactly(MIB))
            writer.join()

        wire = self.client(self.tcp(self.raw("a", both_ways)))
        reader = threading.Thread(target=lambda: [back.update(wire.exactly(MIB)) for _ in range(64)])
        reader.start()
        for _ in range(64):
            wire.send(blocks[0])
        reader.join()
        self.assert_closed(wire)
        self.assertEqual(there.hexdigest(), hashlib.sha256(blocks[0] * 64).hexdigest())
        self.assertEqual(back.hexdigest(), hashlib.sha256(blocks[1] * 64).hexdigest())

    def test_a_client_half_closes(self):
        def answer_at_the_end(_, wire):
            wire.send(hashlib.sha256(wire.to_end()).hexdigest().encode())

        wire = self.client(self.tcp(self.raw("a", answer_at_the_end)))
        sent = os.urandom(3 * MIB)
        wire.send(sent)
        wire.finish()
        self.assertEqual(wire.to_end().decode(), hashlib.sha256(sent).hexdigest())

    def test_a_server_half_closes(self):
        received = []

        def finish_first(_, wire):
            wire.send(b"that is all")
            wire.finish()
            received.append(wire.to_end())

        wire = self.client(self.tcp(self.raw("a", finish_first)))
        self.assertEqual(wire.to_end(), b"that is all")
        wire.send(b"and this from me")
        wire.close()
        wait_until(lambda: received == [b"and this from me"], "the server has got it")

    def test_who_does_not_read_stops_who_sends(self):
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        digest = []

        def wait_and_read(_, wire):
            go_on.wait()
            digest.append(hashlib.sha256(wire.to_end()).hexdigest())

        proxy = self.tcp(self.raw("a", wait_and_read))
        before = self.resident(proxy)
        wire = self.client(proxy)
        wire.sock.setblocking(False)
        sent, block, total = hashlib.sha256(), os.urandom(MIB), 0
        while select.select([], [wire.sock], [], 1.0)[1]:  # until it may not send for a second
            count = wire.sock.send(block)
            sent.update(block[:count])
            total += count
            self.assertLess(total, 64 * MIB, "somebody keeps it all")
        self.assertLess(self.resident(proxy) - before, 8 * MIB)  # what is under way is with the two systems
        wire.sock.settimeout(10)
        go_on.set()
        wire.finish()
        wait_until(lambda: digest == [sent.hexdigest()], "all has arrived")

    @staticmethod
    def resident(proxy):
        with open(f"/proc/{proxy.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def test_a_reset_goes_on_as_a_reset(self):
        ends = []

        def note_the_end(_, wire):
            wire.send(b"x")
            try:
                wire.some()
            except (EOFError, ConnectionResetError) as error:
                ends.append(type(error))

        wire = self.client(self.tcp(self.raw("a", note_the_end)))
        wire.exactly(1)
        wire.reset()
        wait_until(lambda: ends == [ConnectionResetError], f"the server is reset, not {ends}")

        def reset(_, wire):
            wire.some()
            wire.reset()

        wire = self.client(self.tcp(self.raw("a", reset)))
        wire.send(b"x")
        with self.assertRaises(ConnectionResetError):
            wire.some()

    def test_an_idle_connection_ends(self):
        wire = self.client(self.tcp(self.raw(), options=("--idle-timeout", 300)))
        self.assertEqual(wire.to_end(), b"a")


class Failures(TcpTest):
    def test_a_server_that_is_down_is_passed_over(self):
        servers = self.abc()
        servers[0].stop()
        for balance in ("smooth", "leastconn", "source", "first", "lvs/wlc"):
            with self.subTest(balance):
                self.assertNotIn("a", self.order(self.tcp(*servers, balance=balance), 12))

    def test_nobody_left(self):
        servers = self.abc()
        for server in servers:
            server.stop()
        proxy = self.tcp(*servers)
        with self.assertRaises(ConnectionResetError):  # perhaps before the client has seen that it is connected
            self.client(proxy).some()

    def test_kill_and_return_under_load(self):
        servers = self.abc()
        proxy = self.tcp(*servers)
        names, faults, stopping = [], [], threading.Event()

        def load():
            while not stopping.is_set():
                try:
                    wire = proxy.connect()
                    name = wire.exactly(1).decode()
                    wire.close()
                    names.append(name)
                except (OSError, EOFError) as error:
                    faults.append(repr(error))

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: len(names) > 200, "there is load")
            servers[0].listener.shutdown(socket.SHUT_RDWR)  # takes no more, but finishes what it has
            servers[0].listener.close()
            servers[0]._bind()
            seen = len(names)
            wait_until(lambda: len(names) > seen + 300, "the others go on")
            while_down = names[seen + 50 : seen + 300]
            servers[0].start()
            wait_until(lambda: "a" in names[seen + 300 :], "it is back")
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
        self.assertNotIn("a", while_down)
        # those that were being accepted when it fell are reset with it; nobody else may notice
        self.assertLessEqual(len(faults), 8, faults[:5])

    def test_descriptors_are_given_back(self):
        servers = self.abc()
        servers[1].stop()
        proxy = self.tcp(*servers)
        before = proxy.descriptors()
        wires = [proxy.connect() for _ in range(40)]
        for i, wire in enumerate(wires):
            wire.exactly(1)
            if i % 3 == 0:
                wire.finish()
                self.assert_closed(wire)
            wire.reset() if i % 3 == 1 else wire.close()
        wait_until(lambda: proxy.descriptors() == before, "as many descriptors as before")

    def test_sigterm_lets_connections_end(self):
        proxy = self.tcp(self.raw())
        wire = self.client(proxy)
        wire.exactly(1)
        proxy.process.terminate()
        wait_until(lambda: self.refuses(proxy), "nobody else is let in")
        wire.send(b"still here")
        self.assertEqual(wire.exactly(10), b"still here")
        wire.finish()
        self.assert_closed(wire)
        self.assertEqual(proxy.process.wait(10), 0)

    @staticmethod
    def refuses(proxy):
        try:
            Wire(socket.create_connection(("127.0.0.1", proxy.port), 1)).close()
            return False
        except OSError:
            return True


class Options(TcpTest):
    def test_wrong_options(self):
        for arguments, words in (
            (("--mode", "udp"), ["--mode", "udp", "http", "tcp"]),
            (("--mode", "tcp", "--balance", "uri"), ["--mode tcp", "uri", "HTTP request"]),
            (("--mode", "tcp", "--balance", "ring key header(Host)"), ["--mode tcp", "HTTP request"]),
            (("--balance", "rdp-cookie"), ["rdp-cookie", "only with --mode tcp"]),
        ):
            with self.subTest(arguments):
                run = subprocess.run([os.environ["POISE_PROXY"], "--listen", "127.0.0.1:0", "--server", "127.0.0.1:1", *arguments],
                                     capture_output=True, text=True, timeout=10)
                self.assertEqual(run.returncode, 2)
                self.assertEqual(run.stderr.count("\n"), 1)
                for word in words:
                    self.assertIn(word, run.stderr)


if __name__ == "__main__":
    unittest.main()
