# SPDX-License-Identifier: MIT
"""--balance by hash and by load, beside HAProxy's rules transcribed; and what a wrong option is told."""
import bisect
import math
import os
import random
import subprocess
import threading
import unittest
import zlib

from proxy_support import ProxyTest, answer_name, wait_until

MASK = 0xFFFFFFFF
QUIET = ("--drain-timeout", 2000)


def sdbm(key):
    value = 0
    for byte in key:
        value = (byte + (value << 6) + (value << 16) - value) & MASK
    return value


def djb2(key):
    value = 5381
    for byte in key:
        value = (value * 33 + byte) & MASK
    return value


def avalanche(a):
    a = (a + 0x7ED55D16 + (a << 12)) & MASK
    a = (a ^ 0xC761C23C ^ (a >> 19)) & MASK
    a = (a + 0x165667B1 + (a << 5)) & MASK
    a = ((a + 0xD3A2646C) ^ (a << 9)) & MASK
    a = (a + 0xFD7046C5 + (a << 3)) & MASK
    a = (a ^ 0xB55A4F09 ^ (a >> 16)) & MASK
    return a * 0xC0000001 & MASK  # as the recipe's last step has it


HASHES = {"sdbm": sdbm, "djb2": djb2, "crc32": zlib.crc32}


class Map:
    """HAProxy's map: everybody's score grows with every position, the first with the most whole rounds pays."""

    def __init__(self, weights):
        step = math.gcd(*weights)
        weights = [weight // step for weight in weights]
        total = sum(weights)
        scores, self.table, self.turn = [0] * len(weights), [], 0
        for _ in range(total):
            scores = [score + weight for score, weight in zip(scores, weights)]
            usable = [i for i, weight in enumerate(weights) if weight]
            best = max(usable, key=lambda i: (scores[i] + total) // total)
            scores[best] -= total
            self.table.append(best)

    def of(self, value):
        return self.table[value % len(self.table)]

    def next(self):
        self.turn += 1
        return self.table[(self.turn - 1) % len(self.table)]


class Ring(Map):
    """HAProxy's ring: 16 points a unit of weight, the nearest of them, the one before when both are as near."""

    def __init__(self, weights):  # pylint: disable=super-init-not-called
        points = []
        for server, weight in enumerate(weights):
            points += [(avalanche((server + 1) * 4096 + i), server) for i in range(16 * weight)]
        points.sort()
        self.keys, self.table, self.turn = [key for key, _ in points], [server for _, server in points], 0

    def of(self, value):
        after = bisect.bisect_left(self.keys, value) % len(self.keys)
        before = (after or len(self.keys)) - 1
        nearer = before if (value - self.keys[before]) & MASK <= (self.keys[after] - value) & MASK else after
        return self.table[nearer]


TABLES = {"map-based": Map, "consistent": Ring}
WEIGHTS = {"a": 5, "b": 0, "c": 2, "d": 3}


class ByHash(ProxyTest):
    def check(self, balance, requests, options=(), hashed=sdbm, kind="map-based"):
        """`requests` are pairs: what to ask, and the key that the proxy should find in it, None for none."""
        proxy = self.proxy(*self.servers(**WEIGHTS), balance=balance, options=(*QUIET, *options))
        table = TABLES[kind](list(WEIGHTS.values()))
        wire = self.client(proxy)
        for (target, *fields), key in requests:
            expected = table.next() if key is None else table.of(hashed(key.encode("latin-1")))
            answer = wire.ask("GET", target, *fields)
            self.assertEqual((answer.status, answer.body.decode()), (200, "abcd"[expected]), (target, fields))

    def test_every_type_function_and_modifier(self):
        requests = [((f"/picture/{i}?v={i}",), f"/picture/{i}") for i in range(60)]
        for kind in TABLES:
            for name in (None, *HASHES):
                for modifier in (None, "avalanche"):
                    with self.subTest(kind=kind, function=name, modifier=modifier):
                        options = ["--hash-type", kind]
                        options += ["--hash-function", name] if name else []
                        options += ["--hash-modifier", modifier] if modifier else []
                        function = HASHES[name or "sdbm"]
                        spread = modifier or (kind == "consistent" and not name)
                        hashed = (lambda key, f=function: avalanche(f(key))) if spread else function
                        self.check("uri", requests, options, hashed, kind)

    def test_none_takes_the_number_itself(self):
        numbers = [0, 1, 9, 10, 11, 4294967295, 4294967297]
        self.check("url_param(n)", [((f"/?n={n}",), str(n)) for n in numbers], ("--hash-function", "none"),
                   lambda key: int(key) & MASK)  # fmt: skip

    def test_uri(self):
        for balance, keys in {
            "uri": ("/a/b/c.html", "/a", "http://test/a/b"),
            "uri len 4": ("/a/b", "/a", "http"),
            "uri depth 1": ("/a", "/a", "http:/"),
            "uri whole": ("/a/b/c.html?x=/1", "/a?", "http://test/a/b?y"),
            "uri path-only": ("/a/b/c.html", "/a", "/a/b"),
            "uri path-only depth 1 len 8": ("/a", "/a", "/a"),
        }.items():
            with self.subTest(balance):
                targets = ("/a/b/c.html?x=/1", "/a?", "http://test/a/b?y")
                self.check(balance, [((target,), key) for target, key in zip(targets, keys)] * 3)

    def test_url_param(self):
        self.check("url_param(id)", [
            (("/?id=7",), "7"), (("/",), None), (("/?a=1&id=x%20y&id=z",), "x%20y"), (("/?id=",), ""),
            (("/?ID=7",), None), (("/?xid=7",), None), (("/x?y?id=1",), None), (("/?id",), None), (("/?&id=8",), "8"),
            (("/id=9",), None), (("/?a=b&&id=q&",), "q"),
        ])  # fmt: skip

    def test_hdr(self):
        for kind in TABLES:
            hashed = (lambda key: avalanche(sdbm(key))) if kind == "consistent" else sdbm
            self.check("hdr(X-User)", [
                (("/", "X-User: one"), "one"), (("/", "x-USER:  two , three"), "two"), (("/",), None),
                (("/", "X-User:"), None), (("/", "X-User: \xe4\xf6"), "\xe4\xf6"), (("/", "X-Users: one"), None),
                (("/", "X-User: first", "X-User: second"), "first"), (("/",), None), (("/", "X-User: one"), "one"),
            ], ("--hash-type", kind), hashed, kind)  # fmt: skip
        self.check("hdr(X-Site) use_domain_only", [
            (("/", "X-Site: www.example.com"), "example"), (("/", "X-Site: example.com"), "example"),
            (("/", "X-Site: localhost"), "localhost"), (("/",), None),
        ])  # fmt: skip

    def test_source(self):
        for kind in TABLES:
            proxy = self.proxy(*self.servers(**WEIGHTS), balance="source", options=(*QUIET, "--hash-type", kind))
            table = TABLES[kind](list(WEIGHTS.values()))
            for i in range(40):
                address = f"127.{i}.{i * 7 % 256}.{i + 1}"
                value = int.from_bytes(bytes(map(int, address.split("."))), "big")
                expected = table.of(avalanche(value) if kind == "consistent" else value)
                wire = proxy.connect(source=address)
                self.assertEqual(self.names(wire, 2), 2 * "abcd"[expected], address)
                wire.close()

    def test_only_the_keys_of_a_dead_server_move(self):
        for kind in TABLES:
            with self.subTest(kind):
                servers = self.servers(**WEIGHTS)
                wire = self.client(self.proxy(*servers, balance="uri", options=(*QUIET, "--hash-type", kind)))
                targets = [f"/{i}.png" for i in random.Random(1).sample(range(10**6), 150)]

                def places():
                    answers = [wire.ask("GET", target) for target in targets]
                    self.assertEqual({answer.status for answer in answers}, {200})
                    return [answer.body.decode() for answer in answers]

                before = places()
                self.assertEqual(set(before), {"a", "c", "d"})
                servers[0].stop()
                during = places()
                self.assertEqual(set(during), {"c", "d"})
                for old, new in zip(before, during):
                    self.assertTrue(new == old or old == "a", (old, new))
                servers[0].start()
                self.assertEqual(places(), before)


class ByLoad(ProxyTest):
    def test_requests_in_flight_count(self):
        held = threading.Event()
        self.addCleanup(held.set)

        def hold(server, wire, head):
            if "hold" in head.start:
                held.wait()
            answer_name(server, wire, head)

        servers = [self.server(name, hold, weight) for name, weight in (("a", 2), ("b", 1), ("c", 1))]
        proxy = self.proxy(*servers, balance="least_conn")
        flying = [0, 0, 0]
        for count in range(1, 13):  # each is one more in flight where that is least for the weight
            wire = self.client(proxy)
            wire.send(b"GET /hold HTTP/1.1\r\nHost: test\r\n\r\n")
            wait_until(lambda n=count: sum(len(s.heads) for s in servers) == n, "one more has its request")
            flying = [len(s.heads) for s in servers]
            loads = [n / s.weight for n, s in zip(flying, servers)]
            self.assertLessEqual(max(loads) - min(loads), 1, flying)
        self.assertEqual(flying, [6, 3, 3])
        held.set()

    def test_idle_servers_take_turns_by_weight(self):
        wire = self.client(self.proxy(*self.servers(a=5, b=1, c=1), balance="least_conn"))
        self.assertEqual(self.names(wire, 70), "aabacaa" * 10)

    def test_idle_servers_take_turns_as_in_haproxy(self):
        wire = self.client(self.proxy(*self.servers(a=5, b=1, c=1), balance="leastconn"))
        self.assertEqual(self.names(wire, 30), "abc" * 10)


class OtherNames(ProxyTest):
    def test_each_chooses_as_its_system(self):
        for balance, expected in (("roundrobin", "aaabaac" * 4), ("static-rr", "aaabaac" * 4), ("first", "a" * 28)):
            with self.subTest(balance):
                wire = self.client(self.proxy(*self.servers(a=5, b=1, c=1), balance=balance))
                self.assertEqual(self.names(wire, 28), expected)

    def test_random_draws_from_all(self):
        wire = self.client(self.proxy(*self.servers(a=5, b=1, c=1), balance="random"))
        self.assertEqual(set(self.names(wire, 300)), set("abc"))

    def test_ip_hash_goes_by_the_network_of_a_client(self):
        proxy = self.proxy(*self.servers(a=1, b=1, c=1), balance="ip_hash")
        for network, server in (("127.0.0", "c"), ("127.0.1", "a"), ("127.0.2", "b")):
            for host in (1, 7, 200):
                wire = proxy.connect(f"{network}.{host}")
                self.assertEqual(wire.ask().body.decode(), server)
                wire.close()

    def test_a_busy_key_has_more_than_one_server(self):
        held = threading.Event()
        self.addCleanup(held.set)

        def hold(server, wire, head):
            if "hold" in head.start:
                held.wait()
            answer_name(server, wire, head)

        servers = [self.server(name, hold) for name in "abcd"]
        options = ("--hash-type", "consistent", "--hash-balance-factor", 125, "--drain-timeout", 2000)
        proxy = self.proxy(*servers, balance="uri", options=options)
        for count in range(1, 17):
            wire = self.client(proxy)
            wire.send(b"GET /hold HTTP/1.1\r\nHost: test\r\n\r\n")
            wait_until(lambda n=count: sum(len(s.heads) for s in servers) == n, "one more has its request")
        self.assertLessEqual(max(len(s.heads) for s in servers), 5)  # 16 * 1.25 / 4
        held.set()


class Options(ProxyTest):
    def test_a_wrong_option_is_told_what_was_expected(self):
        names = ["nginx/round_robin", "nginx/least_conn", "haproxy/roundrobin", "haproxy/uri", "lvs/wrr", "ring"]
        for arguments, words in (
            (("--balance", "rubbish"), ["--balance rubbish", "algorithm rubbish", *names]),
            (("--balance", "nginx/least_con"), ["did you mean nginx/least_conn?"]),
            (("--balance", "roundrobbin"), ["did you mean roundrobin?"]),
            (("--balance", "url_param"), ["--balance url_param", "url_param(NAME)"]),
            (("--balance", "url_param()"), ["--balance url_param()", "url_param(NAME)"]),
            (("--balance", "hdr"), ["--balance hdr", "hdr(NAME)"]),
            (("--balance", "hdr(Host) domain"), ["hdr(Host) domain", "use_domain_only"]),
            (("--balance", "uri(x)"), ["--balance uri(x)", "expected haproxy/uri)"]),
            (("--balance", "uri depth"), ["uri depth", "expected depth N"]),
            (("--balance", "uri len 0"), ["len 0", "a number from 1 to"]),
            (("--balance", "uri len 9x"), ["len 9x", "a number from 1 to"]),
            (("--balance", "uri deep"), ["option deep", "len N", "depth N", "whole", "path-only"]),
            (("--balance", "uri dept 2"), ["option dept", "did you mean depth?"]),
            (("--balance", "source x"), ["option x", "ipv4_prefix N", "hash-type map-based|consistent"]),
            (("--balance", "smooth x"), ["nginx/round_robin: option x", "expected max_fails N"]),
            (("--balance", "roundrobin x"), ["haproxy/roundrobin: option x", "expected no options"]),
            (("--balance", "uri", "--hash-type", "ring"), ["--hash-type ring", "map-based or consistent"]),
            (("--balance", "uri", "--hash-function", "md5"), ["--hash-function md5", "sdbm, djb2, wt6, crc32 or none"]),
            (("--balance", "uri", "--hash-modifier", "x"), ["--hash-modifier x", "avalanche"]),
            (("--hash-type", "consistent"), ["smooth --hash-type consistent", "option hash-type", "expected max_fails N"]),
            (("--balance", "leastconn", "--hash-function", "djb2"), ["--hash-function djb2", "expected no options"]),
            (("--balance", "ip_hash x"), ["nginx/ip_hash: option x", "expected max_fails N"]),
            (("--balance", "uri", "--hash-type", "consistent", "--hash-balance-factor", "100"),
             ["--hash-balance-factor 100", "from 101 to 65535"]),
            (("--balance", "uri", "--hash-type", "consistent", "--hash-balance-factor", "1x"),
             ["--hash-balance-factor 1x", "from 101 to 65535"]),
            (("--balance", "uri", "--hash-balance-factor", "125"), ["--hash-balance-factor 125", "hash-type consistent"]),
            (("--balance", "first", "--hash-balance-factor", "125"), ["option hash-balance-factor", "no options"]),
            (("--balance", "roundrobin", "--server", "127.0.0.1:2,weight=257"), ["--server", "weight 257", "at most 256"]),
            (("--balance", "uri", "--hash-type", "consistent", "--server", "127.0.0.1:2,weight=257"),
             ["--server", "weight 257", "256"]),
            (("--balance", "uri", "--server", "127.0.0.1:2,weight=4294967295"), ["--server", "16777216"]),
        ):  # fmt: skip
            with self.subTest(arguments):
                command = [os.environ["POISE_PROXY"], "--listen", "127.0.0.1:0", "--server", "127.0.0.1:1", *arguments]
                done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertEqual(done.stderr.count("\n"), 1)
                for word in words:
                    self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
