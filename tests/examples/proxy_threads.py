# SPDX-License-Identifier: MIT
"""--threads: clients at every thread; turns, counts and keys of all threads together; and an end for all of them."""
import collections
import itertools
import os
import re
import threading
import unittest

import proxy_lifecycle
import proxy_tcp
from proxy_lifecycle import poise_proxy
from proxy_shares import Nginx
from proxy_support import TIMEOUT, ProxyTest, answer_name, request, wait_until


def sockets_of(proxy):
    """The inodes of the proxy's listening sockets, and of its clients' sockets by the clients' ports."""
    listening, clients = set(), {}
    with open(f"/proc/{proxy.process.pid}/net/tcp", encoding="ascii") as table:
        for line in itertools.islice(table, 1, None):
            _, own, other, state, *rest = line.split()
            if own == f"0100007F:{proxy.port:04X}":
                if state == "0A":
                    listening.add(rest[5])
                else:
                    clients[int(other.rpartition(":")[2], 16)] = rest[5]
    return listening, clients


def tasks_of(proxy):
    return len(os.listdir(f"/proc/{proxy.process.pid}/task"))


def place_of(proxy, wire):
    """Which of the proxy's epolls, of which each thread has one, watches this client; None if none does yet."""
    inode = sockets_of(proxy)[1].get(wire.sock.getsockname()[1])
    number, epolls = None, {}
    process = f"/proc/{proxy.process.pid}"
    for fd in os.listdir(f"{process}/fd"):
        try:
            what = os.readlink(f"{process}/fd/{fd}")
            if what == "anon_inode:[eventpoll]":
                with open(f"{process}/fdinfo/{fd}", encoding="ascii") as info:
                    epolls[fd] = re.findall(r"^tfd:\s+(\d+)", info.read(), re.MULTILINE)
        except FileNotFoundError:
            continue  # it was closed just now
        if what == f"socket:[{inode}]":
            number = fd
    return next((epoll for epoll, watched in epolls.items() if number in watched), None)


class ThreadsTest(ProxyTest):
    threads = 2

    def everywhere(self, proxy, at_each=1):
        """As many clients at each thread: first one of each, then another of each, and so on."""
        at = collections.defaultdict(list)
        for _ in range(1000):
            wire = self.client(proxy)
            here = at[wait_until(lambda w=wire: place_of(proxy, w), "it is accepted")]
            if len(here) == at_each:
                wire.close()
            else:
                here.append(wire)
            if sum(map(len, at.values())) == at_each * self.threads:
                self.assertEqual(len(at), self.threads)
                return [wire for each in zip(*at.values()) for wire in each]
        raise AssertionError(f"clients at {len(at)} of {self.threads} threads")

    def leave(self, proxy, wires):
        """Until nothing of these clients is left in the proxy."""
        for wire in wires:
            wire.close()
        wait_until(lambda: not sockets_of(proxy)[1], "all clients are gone")

    def at_once(self, wires, count):
        """Who answers `count` requests of each, all of them at the same time."""
        names, faults = [], []

        def run(wire):
            try:
                names.append(self.names(wire, count))
            except BaseException as error:  # pylint: disable=broad-except
                faults.append(repr(error))

        threads = [threading.Thread(target=run, args=(wire,)) for wire in wires]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])
        return collections.Counter("".join(names))

    def in_turn(self, wires, count):
        """Who answers `count` requests, one after the other, each at another thread than the one before."""
        return "".join(self.names(wire, 1) for wire in itertools.islice(itertools.cycle(wires), count))

    def gate(self):
        """Closed, and a script of a server that answers requests for /hold once it is open."""
        gate = threading.Event()
        self.addCleanup(gate.set)

        def hold(server, wire, head):
            if "hold" in head.start:
                gate.wait(TIMEOUT)
            answer_name(server, wire, head)

        return gate, hold


class Clients(ThreadsTest):
    def test_each_thread_accepts(self):
        proxy = self.proxy(self.server())
        wires = self.everywhere(proxy)
        self.assertGreaterEqual(tasks_of(proxy), self.threads)  # a sanitizer has one of its own
        self.assertEqual(len(sockets_of(proxy)[0]), self.threads)
        for wire in wires:
            self.assertEqual(self.names(wire, 3), "aaa")

    def test_an_address_that_another_proxy_has(self):
        proxy = self.proxy(self.server())
        for threads in ("1", "2"):
            done = poise_proxy("--listen", f"127.0.0.1:{proxy.port}", "--server", "127.0.0.1:1", "--threads", threads)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, r"\A[^\n]*--listen 127.0.0.1:\d+: expected a free address[^\n]*\n\Z")

    def test_each_thread_keeps_a_connection_to_a_server(self):
        server = self.server()
        wires = self.everywhere(self.proxy(server), 2)
        self.assertEqual(self.in_turn(wires, 20 * self.threads), "a" * 20 * self.threads)
        self.assertEqual(len(server.wires), self.threads)


class Turns(ThreadsTest):
    ORDERS = {"smooth": "aabacaa", "nginx/round_robin": "aabacaa", "smooth max_fails 1": "aabacaa", "lvs-wrr": "aaaaabc",
              "roundrobin": "aaabaac", "static-rr": "aaabaac"}  # for weights 5, 1, 1

    def test_one_order_for_all_threads(self):
        for balance, order in self.ORDERS.items():
            with self.subTest(balance):
                wires = self.everywhere(self.proxy(*self.servers(a=5, b=1, c=1), balance=balance))
                self.assertEqual(self.in_turn(wires, 70), order * 10)

    def test_exact_shares_of_what_comes_at_once(self):
        for balance in self.ORDERS:
            with self.subTest(balance):
                wires = self.everywhere(self.proxy(*self.servers(a=5, b=1, c=1), balance=balance), 4)
                every = len(wires) * 15
                self.assertEqual(self.at_once(wires, 7 * 15), {"a": 5 * every, "b": every, "c": every})

    def test_weights_too_large_for_a_table_of_turns(self):
        wires = self.everywhere(self.proxy(*self.servers(a=2**32 - 1, b=2**32 - 2)))
        self.assertEqual(self.in_turn(wires, 40), "ab" * 20)

    def test_weights_of_zero(self):
        self.assertEqual(self.in_turn(self.everywhere(self.proxy(*self.servers(a=0, b=1, c=0))), 8), "b" * 8)
        for wire in self.everywhere(self.proxy(*self.servers(a=0, b=0))):
            self.assertEqual(wire.ask().status, 503)

    def test_who_is_dead_leaves_its_turns_to_the_others_by_weight(self):
        a, b, c = self.servers(a=5, b=2, c=1)
        wires = self.everywhere(self.proxy(a, b, c), 3)
        every = len(wires) * 10
        self.assertEqual(self.at_once(wires, 80), {"a": 5 * every, "b": 2 * every, "c": every})
        a.stop()
        self.assertEqual(self.at_once(wires, 30), {"b": 2 * every, "c": every})
        a.start()
        self.assertEqual(self.at_once(wires, 80), {"a": 5 * every, "b": 2 * every, "c": every})

    def test_failures_count_at_every_thread(self):
        a, b, c = self.servers(a=5, b=1, c=1)
        wires = self.everywhere(self.proxy(a, b, c, balance="smooth max_fails 1"))
        model = Nginx(a=5, b=1, c=1)
        self.assertEqual(self.in_turn(wires, 12), model.next(12, down=""))
        a.stop()
        self.assertEqual(self.in_turn(wires, 100), model.next(100, down="a"))
        a.start()
        self.assertEqual(self.in_turn(wires, 52), model.next(52, down=""))

    def test_nobody_is_there(self):
        a, b = self.servers(a=5, b=1)
        wires = self.everywhere(self.proxy(a, b))
        a.stop()
        b.stop()
        for wire in wires:
            self.assertEqual(wire.ask().status, 503)
        b.start()
        self.assertEqual(self.in_turn(wires, 8), "b" * 8)


class Counts(ThreadsTest):
    LEAST = ("least_conn", "leastconn", "lvs/wlc", "least_loaded")

    def test_what_is_in_flight_counts_at_every_thread(self):
        gate, hold = self.gate()
        for balance in self.LEAST:
            with self.subTest(balance):
                servers = [self.server(name, hold, weight) for name, weight in (("a", 2), ("b", 1), ("c", 1))]
                proxy = self.proxy(*servers, balance=balance)
                for _ in range(2):  # again, when many have come and gone: none was lost, and none forgotten
                    wires = self.everywhere(proxy, 12 // self.threads)
                    gate.clear()
                    before = [len(s.heads) for s in servers]
                    for count, wire in enumerate(wires, 1):
                        wire.send(request("GET", "/hold"))
                        wait_until(lambda n=count: sum(len(s.heads) for s in servers) == sum(before) + n, "a server has it")
                    self.assertEqual([len(s.heads) - n for s, n in zip(servers, before)], [6, 3, 3])
                    gate.set()
                    self.assertEqual([wire.response().status for wire in wires], [200] * 12)
                    self.at_once(wires, 20)
                    self.leave(proxy, wires)

    def test_who_is_busy_at_one_thread_is_passed_over_at_another(self):
        gate, hold = self.gate()
        for balance in self.LEAST:
            with self.subTest(balance):
                gate.clear()
                servers = [self.server(name, hold) for name in "ab"]
                busy, other, *_ = self.everywhere(self.proxy(*servers, balance=balance))
                busy.send(request("GET", "/hold"))
                wait_until(lambda: servers[0].heads, "a is busy")
                self.assertEqual(self.names(other, 30), "b" * 30)
                gate.set()
                self.assertEqual(busy.response().body, b"a")


class Keys(ThreadsTest):
    def test_a_key_has_one_server_at_all_threads(self):
        for balance in ("uri", "uri hash-type consistent", "nginx/hash key uri", "ring key uri", "table key uri"):
            with self.subTest(balance):
                wires = self.everywhere(self.proxy(*self.servers(a=5, b=1, c=1), balance=balance))
                answers = [[wire.ask("GET", f"/{i}.png").body for i in range(60)] for wire in wires]
                self.assertEqual(set(answers[0]), {b"a", b"b", b"c"})
                self.assertEqual(answers, [answers[0]] * self.threads)


class Bytes(proxy_tcp.Choice, ThreadsTest):
    """--mode tcp: what holds for one thread."""


class End(proxy_lifecycle.Drain, ThreadsTest):
    """What holds for one thread, and:"""

    def test_at_every_thread(self):
        gate, hold = self.gate()
        server = self.server(script=hold)
        proxy = self.proxy(server, options=())
        wires = self.everywhere(proxy, 2)
        flying, idle = wires[: self.threads], wires[self.threads :]
        for wire in flying:
            wire.send(request("GET", "/hold"))
        wait_until(lambda: len(server.heads) == self.threads, "the server has all requests")
        proxy.process.terminate()
        for wire in idle:
            self.assert_closed(wire)
        self.refuses(proxy)
        self.assertIsNone(proxy.process.poll(), "it waits for what is in flight")
        gate.set()
        for wire in flying:
            self.assertEqual(wire.response().body, b"a")
            self.assert_closed(wire)
        self.ends(proxy)


class CommandLine(ProxyTest):
    def test_one_is_the_default(self):
        proxies = [self.proxy(self.server(), options=options) for options in ((), ("--threads", 1))]
        self.assertEqual([len(sockets_of(proxy)[0]) for proxy in proxies], [1, 1])
        self.assertEqual([tasks_of(proxy) for proxy in proxies], [1, 1])

    def test_the_most(self):
        proxy = self.proxy(self.server(), options=("--threads", 256))
        self.assertEqual(len(sockets_of(proxy)[0]), 256)
        self.assertEqual("".join(self.names(self.client(proxy), 1) for _ in range(20)), "a" * 20)

    def test_wrong_values(self):
        for value in ("0", "-1", "+2", "257", "2.5", "two", " 2", "0x2", "99999999999999999999"):
            with self.subTest(value):
                done = poise_proxy("--listen", "127.0.0.1:0", "--server", "127.0.0.1:1", f"--threads={value}")
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                expected = f"poise-proxy: --threads {value}: expected a number from 1 to 256\n"
                self.assertEqual(done.stderr, expected)

    def test_help(self):
        self.assertIn("--threads", poise_proxy("--help").stdout)


class ClientsOfFour(Clients):
    threads = 4


class TurnsOfFour(Turns):
    threads = 4


class CountsOfFour(Counts):
    threads = 4


class EndOfFour(End):
    threads = 4


if __name__ == "__main__":
    unittest.main()
