# SPDX-License-Identifier: MIT
"""--threads: clients on every thread; servers, counts and turns of all threads together; and an end for all of them."""
import collections
import itertools
import os
import re
import threading
import unittest

import proxy_bodies
import proxy_lifecycle
import proxy_tcp
from proxy_lifecycle import poise_proxy
from proxy_shares import Nginx
from proxy_support import TIMEOUT, ProxyTest, answer_name, request, wait_until


def tasks(proxy):
    return os.listdir(f"/proc/{proxy.process.pid}/task")


def sockets_at(proxy):
    """The inodes of the proxy's listening sockets, and of its clients' sockets by their ports."""
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


def places(proxy, wires):
    """Which of the proxy's epolls, of which each thread has one, watches each of these clients."""
    inodes, epolls = {}, []
    directory = f"/proc/{proxy.process.pid}/"
    for number in os.listdir(directory + "fd"):
        try:
            what = os.readlink(directory + "fd/" + number)
            if what == "anon_inode:[eventpoll]":
                with open(directory + "fdinfo/" + number, encoding="ascii") as info:
                    epolls.append((number, re.findall(r"^tfd:\s+(\d+)", info.read(), re.MULTILINE)))
            elif found := re.fullmatch(r"socket:\[(\d+)\]", what):
                inodes[found[1]] = number
        except FileNotFoundError:
            pass  # it was closed just now
    _, clients = sockets_at(proxy)
    numbers = [inodes[clients[wire.sock.getsockname()[1]]] for wire in wires]
    return [next(epoll for epoll, watched in epolls if number in watched) for number in numbers]


class Threads(ProxyTest):
    threads = 2

    def everywhere(self, proxy, at_each=1):
        """As many clients at each thread, one of each first."""
        at = collections.defaultdict(list)
        for _ in range(1000):
            wire = self.client(proxy)
            # the answer to a request, and not one that counts, says that it has been accepted
            wire.send(b"BAD\r\n\r\n" if False else b"")
            wait_until(lambda w=wire: w.sock.getsockname()[1] in sockets_at(proxy)[1], "it is connected")
            place = wait_until(lambda w=wire: self.place(proxy, w), "it is accepted")
            if len(at[place]) < at_each:
                at[place].append(wire)
            if len(at) == self.threads and all(len(wires) == at_each for wires in at.values()):
                return [wire for each in zip(*at.values()) for wire in each]
        raise AssertionError(f"clients at {len(at)} of {self.threads} threads")

    def place(self, proxy, wire):
        try:
            return places(proxy, [wire])[0]
        except (KeyError, StopIteration):
            return None  # the kernel has it, a thread not yet

    def at_once(self, wires, count, ask=lambda wire: wire.ask()):
        """Who answers `count` requests of each, all at the same time."""
        names, faults = [], []

        def run(wire):
            try:
                for _ in range(count):
                    answer = ask(wire)
                    names.append(answer.body.decode() if answer.status == 200 else answer.head.start)
            except Exception as error:  # pylint: disable=broad-except
                faults.append(repr(error))

        threads = [threading.Thread(target=run, args=(wire,)) for wire in wires]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])
        return collections.Counter(names)


class Accepting(Threads):
    def test_each_thread_listens_and_accepts(self):
        proxy = self.proxy(self.server())
        wait_until(lambda: len(tasks(proxy)) == self.threads, "all threads run")
        self.assertEqual(len(sockets_at(proxy)[0]), self.threads)
        wires = self.everywhere(proxy)
        self.assertEqual(len(set(places(proxy, wires))), self.threads)
        for wire in wires:
            self.assertEqual(self.names(wire, 3), "aaa")

    def test_one_thread_is_the_default(self):
        proxy = self.proxy(self.server(), options=("--threads", 1))
        self.assertEqual((len(tasks(proxy)), len(sockets_at(proxy)[0])), (1, 1))

    def test_an_address_in_use_by_another_proxy(self):
        server = self.server()
        proxy = self.proxy(server)
        for threads in ("1", "2"):
            done = poise_proxy("--listen", f"127.0.0.1:{proxy.port}", "--server", server.option, "--threads", threads)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, r"\A[^\n]*--listen 127.0.0.1:\d+: expected a free address[^\n]*\n\Z")

    def test_each_thread_keeps_its_connections_to_a_server(self):
        server = self.server()
        proxy = self.proxy(server)
        for wire in self.everywhere(proxy, 2):
            self.assertEqual(self.names(wire, 5), "aaaaa")
        self.assertEqual(len(server.wires), self.threads)


class Shares(Threads):
    def test_exact_over_all_threads(self):
        for balance in ("smooth", "nginx/round_robin", "smooth max_fails 1", "lvs-wrr", "roundrobin", "static-rr"):
            with self.subTest(balance):
                proxy = self.proxy(*self.servers(a=5, b=1, c=1), balance=balance)
                wires = self.everywhere(proxy, 7)
                got = self.at_once(wires, 100)
                every = len(wires) * 100 // 7
                self.assertEqual(got, {"a": 5 * every, "b": every, "c": every})

    def test_one_order_for_all_threads(self):
        for balance, order in (("smooth", "aabacaa"), ("smooth max_fails 1", "aabacaa"), ("lvs-wrr", "aaaaabc")):
            with self.subTest(balance):
                wires = self.everywhere(self.proxy(*self.servers(a=5, b=1, c=1), balance=balance))
                self.assertEqual("".join(self.names(wire, 1) for wire in wires * 35), order * 5 * self.threads)

    def test_weights_too_large_for_a_table_of_turns(self):
        wires = self.everywhere(self.proxy(*self.servers(a=2**32 - 1, b=2**32 - 2), balance="smooth"))
        self.assertEqual("".join(self.names(wire, 1) for wire in wires * 10), "ab" * 5 * self.threads)

    def test_turns_of_a_dead_server_go_to_the_others_by_weight(self):
        a, b, c = self.servers(a=5, b=2, c=1)
        wires = self.everywhere(self.proxy(a, b, c), 3)
        every = len(wires) * 80 // 8
        self.assertEqual(self.at_once(wires, 80), {"a": 5 * every, "b": 2 * every, "c": every})
        a.stop()
        every = len(wires) * 30 // 3
        self.assertEqual(self.at_once(wires, 30), {"b": 2 * every, "c": every})
        a.start()
        every = len(wires) * 80 // 8
        self.assertEqual(self.at_once(wires, 80), {"a": 5 * every, "b": 2 * every, "c": every})

    def test_failures_are_those_of_all_threads(self):
        a, b, c = self.servers(a=5, b=1, c=1)
        wires = self.everywhere(self.proxy(a, b, c, balance="smooth max_fails 1"))
        model = Nginx(a=5, b=1, c=1)
        turns = itertools.cycle(wires)
        for count, down in ((10, ""), (100, "a"), (50, "")):
            (a.stop if down else a.start)() if count != 10 else None
            self.assertEqual("".join(self.names(next(turns), 1) for _ in range(count)), model.next(count, down))

    def test_nobody_there(self):
        a, b = self.servers(a=5, b=1)
        wires = self.everywhere(self.proxy(a, b))
        a.stop()
        b.stop()
        for wire in wires:
            self.assertEqual(wire.ask().status, 503)


class Counts(Threads):
    def hold_at(self, proxy, servers, wires):
        """One request after the other that is not answered yet; how many each server has then."""
        before = sum(len(s.heads) for s in servers)
        had = [len(s.heads) for s in servers]
        for count, wire in enumerate(wires, 1):
            wire.send(request("GET", "/hold"))
            wait_until(lambda n=count: sum(len(s.heads) for s in servers) == before + n, "one more has its request")
            flying = [len(s.heads) - old for s, old in zip(servers, had)]
            loads = [n / s.weight for n, s in zip(flying, servers)]
            self.assertLessEqual(max(loads) - min(loads), 1, flying)
        return flying

    def test_requests_in_flight_count_at_every_thread(self):
        gate = threading.Event()
        self.addCleanup(gate.set)

        def hold(server, wire, head):
            if "hold" in head.start:
                gate.wait(TIMEOUT)
            answer_name(server, wire, head)

        for balance in ("least_conn", "leastconn", "lvs/wlc", "least_loaded"):
            with self.subTest(balance):
                servers = [self.server(name, hold, weight) for name, weight in (("a", 2), ("b", 1), ("c", 1))]
                proxy = self.proxy(*servers, balance=balance)
                wires = self.everywhere(proxy, 12 // self.threads)
                for _ in range(2):  # again, after many have come and gone: none was lost, none forgotten
                    gate.clear()
                    self.assertEqual(self.hold_at(proxy, servers, wires), [6, 3, 3])
                    gate.set()
                    self.assertEqual({wire.response().status for wire in wires}, {200})
                    self.assertEqual(set(self.at_once(wires, 50)), {"a", "b", "c"})

    def test_a_slow_server_gets_less(self):
        gate = threading.Event()
        self.addCleanup(gate.set)

        def slow(server, wire, head):
            gate.wait(TIMEOUT)
            answer_name(server, wire, head)

        servers = [self.server("a", slow), self.server("b"), self.server("c")]
        wires = self.everywhere(self.proxy(*servers, balance="leastconn"), 4)
        stuck, busy = wires[: self.threads], wires[self.threads :]
        for wire in stuck:  # until as many wait at a as there are threads, nobody else would be passed over
            wire.send(request())
        names = []
        while len(servers[0].heads) < 1:
            names += [answer for answer in self.names(busy[0], 1)]
        got = self.at_once(busy, 1)
        gate.set()
        for wire in stuck:
            self.assertEqual(wire.response().status, 200)
        self.assertNotIn("a", got)


class Keys(Threads):
    def test_a_key_has_the_same_server_at_every_thread(self):
        for balance in ("uri", "uri hash-type consistent", "nginx/hash key uri", "ring key uri", "table key uri"):
            with self.subTest(balance):
                wires = self.everywhere(self.proxy(*self.servers(a=5, b=1, c=1), balance=balance))
                answers = [[wire.ask("GET", f"/{i}.png").body for i in range(60)] for wire in wires]
                self.assertEqual(set(answers[0]), {b"a", b"b", b"c"})
                for other in answers[1:]:
                    self.assertEqual(other, answers[0])


class End(proxy_lifecycle.Drain, Threads):
    def test_clients_at_every_thread(self):
        gate = threading.Event()
        self.addCleanup(gate.set)

        def hold(server, wire, head):
            if "hold" in head.start:
                gate.wait(TIMEOUT)
            answer_name(server, wire, head)

        server = self.server(script=hold)
        proxy = self.proxy(server, options=())
        wires = self.everywhere(proxy, 2)
        flying, idle = wires[: self.threads], wires[self.threads :]  # one of each at each thread
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


class CommandLine(unittest.TestCase):
    def test_wrong_values(self):
        for value in ("0", "-1", "+2", "257", "2.5", "two", "", " 2", "0x2", "99999999999999999999"):
            with self.subTest(value):
                done = poise_proxy("--listen", "127.0.0.1:0", "--server", "127.0.0.1:1", f"--threads={value}")
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertRegex(done.stderr, r"\A[^\n]+\n\Z", "one line")
                for word in ("--threads " + value, "expected a number from 1 to 256"):
                    self.assertIn(word, done.stderr)

    def test_help(self):
        self.assertIn("--threads", poise_proxy("--help").stdout)


# The same at four threads, and what holds for one thread at two.
class AcceptingFour(Accepting):
    threads = 4


class SharesFour(Shares):
    threads = 4


class CountsFour(Counts):
    threads = 4


class EndFour(End):
    threads = 4


if __name__ == "__main__":
    unittest.main()
