# SPDX-License-Identifier: MIT
"""HAProxy's hash-balance-factor and random, whose choices depend on what is in flight; and RDP cookies."""
import unittest

from haproxy_support import PLAIN, Haproxy, HaproxyTest, Member
from live_support import CONFIGURATIONS
from statistics_support import agree, tally


def connection_request(cookie):
    """The first packet of a remote desktop client: TPKT, X.224, the cookie, and what it negotiates."""
    data = cookie + bytes([1, 0, 8, 0, 3, 0, 0, 0])
    return bytes([3, 0, *(11 + len(data)).to_bytes(2, "big"), 6 + len(data), 0xE0, 0, 0, 0, 0, 0]) + data


class Loads(HaproxyTest):
    def tell_members(self, members):
        self.choices.members([(m.number + 1, m.weight, 0, 0, m.maxconn) for m in members])  # ids as HAProxy's

    def test_bounded_load(self):
        """A few keys are very busy, and some requests have none."""
        memberships = [[Member(i, w) for i, w in enumerate(self.weights())] for _ in range(CONFIGURATIONS)]
        factors = [self.random.choice([101, 110, 125, 150, 200, 1000]) for _ in memberships]
        sections = [f"balance url_param k\n    hash-type consistent sdbm\n    hash-balance-factor {factor}\n    "
                    + "\n    ".join(m.line(self.farm) for m in members)
                    for factor, members in zip(factors, memberships)]
        self.haproxy = self.running(Haproxy(self.directory(), sections))

        def key():
            if self.random.randrange(5) == 0:
                return b"/", "-"
            value = b"%d" % self.random.choice([1, 1, 2, 3, self.random.randrange(1000)])
            return b"/?k=" + value, "sdbm:" + value.hex()

        for number, members in enumerate(memberships):
            self.choices.tell(f"pool bounded factor={factors[number]}")
            self.tell_members(members)
            self.hold_and_release(number, members, 120, key=key, first_id=1)

    def test_random(self):
        """Equal distributions: a ring's arcs, drawn."""
        draws, weights = 100_000, [5, 1, 3, 7, 2]
        for count in (1, 2):
            directory = self.directory()
            servers = "\n".join(f"""
frontend server{i}
    bind unix@{directory}/server{i}.sock
    http-request return status 200 content-type text/plain string {i}""" for i in range(len(weights)))
            lines = "\n    ".join(f"server s{i} unix@{directory}/server{i}.sock weight {w}"
                                  for i, w in enumerate(weights))
            haproxy = self.running(Haproxy(directory, [f"balance random({count})\n    {lines}\n{servers}"]))
            theirs = tally(self.client(haproxy.paths[0], PLAIN), len(weights), draws)
            self.choices.tell(f"pool random draws={count} seed={self.seed}")
            self.choices.members([(i + 1, w) for i, w in enumerate(weights)])
            ours = self.choices.tally(len(weights) + 1, draws)[1:]
            self.assertTrue(agree(theirs, ours), f"random({count}) {theirs} {ours}")
            self.compared += draws

    def test_random_with_many_draws(self):
        """The deterministic part: who is least loaded is among 200 draws of 3, and is taken."""
        memberships = [[Member(i, self.random.randint(1, 5)) for i in range(self.random.randint(2, 3))]
                       for _ in range(CONFIGURATIONS)]
        haproxy = self.started(memberships, "balance random(200)")
        for number, members in enumerate(memberships):
            self.choices.tell(f"pool random draws=200 seed={self.seed}")
            self.tell_members(members)
            clients, in_flight = [], [0] * len(members)
            for step in range(16):
                request, client = self.next_id(), self.client(haproxy.paths[number], PLAIN)
                client.send(request, b"/", b"X-Hold: 1")
                (theirs,) = self.farm.reached(request)
                clients.append((client, request))
                loads = [count / member.weight for count, member in zip(in_flight, members)]
                tied = loads.count(min(loads)) > 1  # then the last draw decides, which is theirs
                others = [member.number + 1 for member in members if member.number != theirs]
                ours = self.choices.acquire(tried=others if tied else [])
                self.same(loads[theirs], min(loads), f"step {step}: {members}, in flight {in_flight}")
                self.same(theirs + 1, ours[1], f"step {step}: {members}, in flight {in_flight}")
                in_flight[theirs] += 1
            for client, request in clients:
                self.farm.release(request)
                client.receive()
                client.close()

    def cookie(self):
        name = self.random.choice([b"mstshash", b"msts", b"MstsHash", b"mstshas", b"mstshashx", b"other"])
        value = self.random.choice([b"user%d" % self.random.randrange(1000), b"", b"DOMAIN\\user", "ä".encode(), b"a=b;c",
                                    b"%d.15629.0000" % self.random.randrange(1 << 32)])
        field = self.random.choice([b"Cookie: ", b"Cookie:", b"cookie:   ", b"Cookies: ", b"Set-Cookie: "])
        end = self.random.choice([b"\r\n", b"\r\n", b"\r\n", b"\n\r\n", b"\rx"])
        return self.random.choice([field + name + b"=" + value + end, field + name + b"=" + value + end, b""])

    def test_rdp_cookie(self):
        """Connection requests as clients send them, in one segment or several, and malformed ones."""
        chosen = [(self.random.choice(["mstshash", "msts"]), [Member(i, w) for i, w in enumerate(self.weights())])
                  for _ in range(CONFIGURATIONS)]
        sections = [f"balance rdp-cookie({name})\n    " + "\n    ".join(m.line(self.farm) for m in members)
                    for name, members in chosen]
        wait = "tcp-request inspect-delay 5s\n    tcp-request content accept if RDP_COOKIE"
        haproxy = self.running(Haproxy(self.directory(), sections, mode="tcp", frontend=wait))
        for number, (name, members) in enumerate(chosen):
            self.choices.tell("pool map-based")
            self.choices.members([(m.number, m.weight) for m in members])
            for turn in range(40):
                packet, request = connection_request(self.cookie()), self.next_id()
                whole = packet + b"GET / HTTP/1.1\r\nX-Id: %d\r\n\r\n" % request
                client = self.client(haproxy.paths[number], PLAIN)
                cut = self.random.choice([0, 5, 11, 15, 20, self.random.randrange(len(packet))])
                client.sock.sendall(whole[:cut])
                client.sock.sendall(whole[cut:])
                client.receive()
                client.close()
                theirs = self.farm.attempts.pop(request)
                what = f"configuration {number}, request {turn}: {name}, {members}, {packet}"
                self.same(theirs, self.choices.request(key=f"{name}:{whole.hex()}"), what)


if __name__ == "__main__":
    unittest.main()
