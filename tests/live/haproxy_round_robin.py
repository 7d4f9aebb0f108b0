# SPDX-License-Identifier: MIT
"""HAProxy's roundrobin, static-rr, leastconn and first: weights that change, servers that go and come, maxconn."""
import math
import unittest

from haproxy_support import PLAIN, HaproxyTest, Member
from live_support import CONFIGURATIONS, wait_until


class RoundRobin(HaproxyTest):
    def random_members(self, limits=False):
        members = [Member(i, w) for i, w in enumerate(self.weights())]
        for member in members:
            member.maxconn = self.random.choice([0, 1, 2, 5]) if limits else 0
            if self.random.randrange(10) == 0:
                member.weight = 0
        return members

    def begin(self, algorithm, members):
        """HAProxy's map counts weights in units of their divisor at the start, also when some are down later."""
        divisor = math.gcd(*(m.weight for m in members)) if algorithm == "static-rr" else 0
        self.choices.tell(f"pool {algorithm} divisor={divisor}")
        self.tell_members(members)

    def compare(self, algorithm, weights, changes, requests=200):
        configurations = [self.random_members() for _ in range(CONFIGURATIONS)]
        self.started(configurations, f"balance {algorithm}")
        for number, members in enumerate(configurations):
            self.begin(algorithm, members)
            client = self.client(self.haproxy.paths[number], PLAIN)
            history = []
            for turn in range(requests):
                if changes and self.random.randrange(8) == 0:
                    self.change(number, members, weights)
                    history.append(f"{turn}: {members}")
                if self.anybody(members):
                    what = f"configuration {number}, request {turn}: {members}, since: {history[-4:]}"
                    self.same(self.ask(client), self.choices.request(), what)
            client.close()

    def test_roundrobin(self):
        self.compare("roundrobin", weights=True, changes=False, requests=400)

    def test_roundrobin_with_changes(self):
        self.compare("roundrobin", weights=True, changes=True)

    def test_static_rr(self):
        self.compare("static-rr", weights=False, changes=False, requests=400)

    def test_static_rr_with_changes(self):
        self.compare("static-rr", weights=False, changes=True)

    def test_leastconn(self):
        self.compare("leastconn", weights=True, changes=True)

    def test_first(self):
        self.compare("first", weights=False, changes=True)

    def held(self, algorithm, limits, changes=False):
        configurations = [self.random_members(limits) for _ in range(CONFIGURATIONS)]
        self.started(configurations, f"balance {algorithm}")
        for number, members in enumerate(configurations):
            self.begin(algorithm, members)

            def between():
                if changes and self.random.randrange(10) == 0:
                    self.change(number, members, True)

            self.hold_and_release(number, members, 120, between)

    def test_roundrobin_with_maxconn(self):
        self.held("roundrobin", limits=True)

    def test_roundrobin_with_maxconn_and_changes(self):
        self.held("roundrobin", limits=True, changes=True)

    def test_static_rr_with_maxconn(self):
        self.held("static-rr", limits=True)

    def test_leastconn_held(self):
        self.held("leastconn", limits=False, changes=True)

    def test_leastconn_with_maxconn(self):
        self.held("leastconn", limits=True, changes=True)

    def test_first_with_maxconn(self):
        self.held("first", limits=True)

    def test_servers_that_fail_their_checks(self):
        """The servers themselves go and come, and HAProxy's health checks notice."""
        for algorithm in ("roundrobin", "static-rr") * 4:
            members = [Member(i, self.random.randint(1, 9)) for i in range(self.random.randint(2, 8))]
            method = f"balance {algorithm}\n    option httpchk GET /"
            haproxy = self.started([members], method, "check inter 20 fall 1 rise 1")
            self.begin(algorithm, members)
            client = self.client(haproxy.paths[0], PLAIN)
            for _ in range(8):
                member = self.random.choice(members)
                member.up = not member.up
                self.farm.failing ^= {member.number}
                state, name = "UP" if member.up else "DOWN", f"s{member.number}"
                wait_until(lambda: haproxy.server_states(0)[name]["status"] == state, f"{name} is {state}")
                self.tell_members(members)
                for turn in range(20 if self.anybody(members) else 0):
                    self.same(self.ask(client), self.choices.request(), f"{algorithm}, request {turn}: {members}")
            self.farm.failing.clear()


if __name__ == "__main__":
    unittest.main()
