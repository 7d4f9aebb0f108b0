# SPDX-License-Identifier: MIT
"""HAProxy's hashes: every key, hash type, function and modifier, through poise-proxy; tables and rings that change."""
import math
import os
import select
import subprocess
import unittest

from haproxy_support import PLAIN, Haproxy, HaproxyTest, Member, from_address
from live_support import CONFIGURATIONS, TIMEOUT, Client
from statistics_support import agree

PIECES = [b"", b"a", b"user", b"42", b"%41", b"%", b"+", "ä".encode(), "负载均衡".encode(), b"\xff\xfe", b"/", b"//", b";",
          b"=", b".", b",", b'"', b"a.b.c", b"x" * 200]


class Proxy:
    """poise-proxy before the farm."""

    def __init__(self, members, ports, options):
        command = [os.environ["POISE_PROXY"], "--listen", "127.0.0.1:0", *options]
        for member in members:
            command += ["--server", f"127.0.0.1:{ports[member.number]},weight={member.weight}"]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        ready, _, _ = select.select([self.child.stdout], [], [], TIMEOUT)
        line = self.child.stdout.readline() if ready else ""
        if not line.startswith("listening on "):
            raise AssertionError(f"{command}: {line!r}")
        self.address = ("127.0.0.1", int(line.rpartition(":")[2]))

    def stop(self):
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()


class Keys(HaproxyTest):
    def pieces(self, most=3):
        return b"".join(self.random.choice(PIECES) for _ in range(self.random.randint(0, most)))

    def target(self):
        """Paths of any depth, queries with absent, empty and repeated parameters, now and then a whole URI."""
        path = b"".join(b"/" + self.pieces(2) for _ in range(self.random.randint(1, 4))).replace(b" ", b"")
        query = [self.random.choice([b"k=" + self.pieces(), b"k", b"kk=" + self.pieces(), b"K=1", b"j=2", b""])
                 for _ in range(self.random.randint(0, 3))]
        whole = b"http://live:8080" if self.random.randrange(10) == 0 else b""
        return whole + path + (b"?" + b"&".join(query) if query else b"")

    def random_members(self, most=256):
        return [Member(i, w) for i, w in enumerate(self.weights(most))]

    def hash_words(self):
        """(HAProxy's line, poise-proxy's options)."""
        kind = self.random.choice(["map-based", "consistent"])
        function = self.random.choice(["", "sdbm", "djb2", "wt6", "crc32"])
        modifier = self.random.choice(["", "avalanche"]) if function else ""
        options = ["--hash-type", kind]
        options += ["--hash-function", function] if function else []
        options += ["--hash-modifier", modifier] if modifier else []
        return f"hash-type {kind} {function} {modifier}", options

    def bounded(self, line, options):
        """Now and then with a bound: with one request at a time nobody is full, but other code chooses."""
        if "consistent" not in line or self.random.randrange(3):
            return line, options
        factor = str(self.random.randint(101, 1000))
        return f"{line}\n    hash-balance-factor {factor}", [*options, "--hash-balance-factor", factor]

    def compare(self, method, fields=lambda: (), requests=60, sources=False):
        chosen = [(method(), *self.bounded(*self.hash_words()), self.random_members()) for _ in range(CONFIGURATIONS)]
        sections = [f"balance {balance}\n    {line}" for balance, line, _, _ in chosen]
        haproxy = self.started_each(sections, [members for *_, members in chosen])
        for number, (balance, line, options, members) in enumerate(chosen):
            words = balance.replace("url_param k", "url_param(k)")
            proxy = Proxy(members, self.farm.ports, ["--balance", words, *options])
            self.addCleanup(proxy.stop)
            theirs, ours = self.client(haproxy.paths[number], PLAIN), self.client(proxy.address)
            for turn in range(requests):
                target, some = self.target(), fields()
                what = f"request {turn}: {balance}, {line}, {members}, {target}, {some}"
                self.same(self.ask(theirs, target, *some), self.ask(ours, target, *some), what)
            theirs.close()
            ours.close()
            proxy.stop()

    def started_each(self, sections, memberships):
        """One HAProxy whose sections differ in more than their servers."""
        whole = ["\n    ".join([section, *(m.line(self.farm) for m in members)])
                 for section, members in zip(sections, memberships)]
        self.haproxy = self.running(Haproxy(self.directory(), whole))
        return self.haproxy

    def test_uri(self):
        def method():
            words = [f"len {self.random.randint(1, 30)}", f"depth {self.random.randint(1, 5)}", "whole", "path-only"]
            return " ".join(["uri", *self.random.sample(words, self.random.randint(0, 3))])
        self.compare(method)

    def test_url_param(self):
        self.compare(lambda: "url_param k")

    def test_hdr(self):
        def fields():
            some = [self.random.choice([b"X-Key: ", b"x-key:"]) + self.pieces() for _ in range(self.random.randint(0, 2))]
            return [field.replace(b"\xff\xfe", b"") for field in some]
        self.compare(lambda: "hdr(X-Key)", fields)

    def test_hdr_use_domain_only(self):
        """HAProxy looks for the last dot one byte beyond the value: a field behind it makes that byte no dot."""
        def fields():
            labels = [self.random.choice([b"www", b"a", b"example", b"com", b"co", b"uk", b"x1"])
                      for _ in range(self.random.randint(1, 4))]
            return [b"X-Key: " + b".".join(labels), b"X-Last: 1"]
        self.compare(lambda: "hdr(X-Key) use_domain_only", fields)

    def test_source(self):
        """Any addresses, told to HAProxy by the PROXY protocol, to our pool as bytes; some through poise-proxy as well."""
        chosen = [(*self.hash_words(), self.random_members()) for _ in range(CONFIGURATIONS)]
        sections = [f"balance source\n    {line}" for line, *_ in chosen]
        haproxy = self.started_each(sections, [members for *_, members in chosen])
        for number, (line, options, members) in enumerate(chosen):
            spread = "avalanche" in line or ("consistent" in line and len(line.split()) == 2)
            self.choices.tell("pool consistent" if "consistent" in line else "pool map-based")
            self.choices.members([(m.number + ("consistent" in line), m.weight) for m in members])
            shift = int("consistent" in line)
            proxy = Proxy(members, self.farm.ports, ["--balance", "source", *options])
            self.addCleanup(proxy.stop)
            for turn in range(40):
                six = self.random.randrange(3) == 0
                raw = self.random.randbytes(16 if six else 4)
                if turn % 4 == 0:
                    raw = b"\x7f" + self.random.randbytes(2) + bytes([self.random.randint(1, 254)])
                text = ":".join(raw[i : i + 2].hex() for i in range(0, 16, 2)) if len(raw) == 16 else \
                    ".".join(map(str, raw))
                client = self.client(haproxy.paths[number], from_address(text))
                theirs = self.ask(client)
                client.close()
                key = ("source+avalanche:" if spread else "source:") + raw.hex()
                ours = [place - shift for place in self.choices.request(key=key)]
                self.same(theirs, ours, f"{text}: {line}, {members}")
                if turn % 4 == 0:
                    client = Client(proxy.address, source=text)
                    self.same(theirs, self.ask(client), f"{text} through poise-proxy: {line}, {members}")
                    client.close()
            proxy.stop()


class Changes(Keys):
    """Tables and rings while weights change and servers go and come."""

    def changing(self, kind):
        memberships = [self.random_members() for _ in range(CONFIGURATIONS)]
        haproxy = self.started_each([f"balance url_param k\n    hash-type {kind} sdbm"] * CONFIGURATIONS, memberships)
        for number, members in enumerate(memberships):
            divisor = math.gcd(*(m.weight for m in members))
            self.choices.tell(f"pool {kind} divisor={divisor}")
            self.tell_members(members)
            client = self.client(haproxy.paths[number], PLAIN)
            for turn in range(100):
                if self.random.randrange(8) == 0:
                    self.change(number, members, kind == "consistent")
                if not self.anybody(members):
                    continue
                value = self.pieces() + str(turn).encode() if self.random.randrange(4) else None
                target = b"/" if value is None else b"/?k=" + value
                ours = self.choices.request(key="-" if value is None else "sdbm:" + value.hex())
                theirs = [place + (kind == "consistent") for place in self.ask(client, target)]
                self.same(theirs, ours, f"configuration {number}, request {turn}: {members}, {value}")
            client.close()

    def tell_members(self, members):
        shift = int(self.ids_from_one)
        self.choices.members([(m.number + shift, m.weight if m.up else 0) for m in members])

    ids_from_one = False

    def test_map_based(self):
        self.changing("map-based")

    def test_consistent(self):
        self.ids_from_one = True  # a ring's points depend on them
        self.changing("consistent")


def load_tests(loader, tests, pattern):
    del tests, pattern
    suite = unittest.TestSuite()
    for name in ("test_uri", "test_url_param", "test_hdr", "test_hdr_use_domain_only", "test_source"):
        suite.addTest(Keys(name))
    for name in ("test_map_based", "test_consistent"):
        suite.addTest(Changes(name))
    return suite


if __name__ == "__main__":
    unittest.main()
