# SPDX-License-Identifier: MIT
"""nginx's round robin, with retries, backups, servers that fail and return, fail_timeout windows, and max_conns."""
import email.utils
import unittest

from live_support import CONFIGURATIONS, wait_until
from nginx_support import Nginx, NginxTest, server_lines

class RoundRobin(NginxTest):
    def test_choices_with_failing_servers_and_backups(self):
        self.compared_with([("nginx", self.members()) for _ in range(CONFIGURATIONS)], 200)

    def test_choices_over_whole_periods(self):
        """Without failures: what follows depends on weights alone."""
        configurations = [("nginx", self.members(False)) for _ in range(CONFIGURATIONS)]
        upstreams = [server_lines(self.farm, members) for _, members in configurations]
        nginx = self.running(Nginx(self.directory(), upstreams))
        for number, (name, members) in enumerate(configurations):
            self.choices.tell(f"pool {name}")
            self.choices.members(members)
            client = self.client(nginx.paths[number])
            for turn in range(min(300, 2 * sum(member[1] for member in members))):
                self.same(self.ask(client), self.choices.request(), f"request {turn}: {members}")

    def test_least_conn_with_failing_servers_and_backups(self):
        configurations = [("nginx_least_conn", self.members()) for _ in range(CONFIGURATIONS)]
        self.compared_with(configurations, 150, "least_conn; ")

    def test_held_requests_and_max_conns(self):
        """Requests that last, so that counts differ: least_conn, and round robin with limits; backups among them."""
        for method, name in (("least_conn; ", "nginx_least_conn"), ("", "nginx")):
            configurations = []
            for _ in range(CONFIGURATIONS):
                members = self.members(max_fails=(1,))
                for member in members:
                    member[4] = self.random.choice([0, 1, 2, 5]) if name == "nginx" or self.random.randrange(3) == 0 else 0
                configurations.append((name, members))
            upstreams = [method + server_lines(self.farm, members) for _, members in configurations]
            nginx = self.running(Nginx(self.directory(), upstreams))
            for number, (_, members) in enumerate(configurations):
                self.choices.tell(f"pool {name}")
                self.choices.members(members)
                self.choices.tell("advance 1000000")
                self.hold_and_release(nginx.paths[number], members, 120)


class Windows(NginxTest):
    """fail_timeout as it passes: nginx's clock is whole seconds, and each of its answers says which one it is."""

    def now(self, client):
        self.ask(client)
        date = [line[6:] for line in client.head.split("\r\n") if line.startswith("Date: ")][0]
        return int(email.utils.parsedate_to_datetime(date).timestamp())

    def test_windows(self):
        members = [[[i, self.random.randint(1, 9), self.random.randint(1, 2), self.random.randint(1, 2), 0, 0]
                    for i in range(self.random.randint(2, 5))] for _ in range(5)]
        upstreams = [server_lines(self.farm, one) for one in members]
        clock = "server 127.0.0.1:%d;" % self.farm.ports[-1]
        nginx = self.running(Nginx(self.directory(), [*upstreams, clock]))
        clock_client = self.client(nginx.paths[-1])
        clients = [self.client(path) for path in nginx.paths[:-1]]
        failing = [set() for _ in members]
        pools = [self.pool(one) for one in members]
        seconds = 0
        while seconds < 12:
            begun = self.second_begins(clock_client)
            for number, one in enumerate(members):
                if self.random.randrange(3) == 0:
                    failing[number] ^= {self.random.randrange(len(one))}
            theirs = []
            for number in range(len(members)):
                self.farm.failing = failing[number]
                theirs.append([self.ask(clients[number]) for _ in range(6)])
            self.farm.failing = set()
            self.assertEqual(self.now(clock_client), begun, "six requests each took longer than a second")
            for number, pool in enumerate(pools):
                pool.tell(f"advance {begun}")
                ours = [pool.request(failing[number]) for _ in range(6)]
                self.same(theirs[number], ours, f"second {seconds}: {members[number]}, failing {failing[number]}")
            seconds += 1

    def pool(self, members):
        pool = type(self.choices)()
        self.addCleanup(pool.close)
        pool.tell("pool nginx")
        pool.members(members)
        return pool

    def second_begins(self, client):
        before = self.now(client)
        return wait_until(lambda: (now := self.now(client)) != before and now, "the next second")


if __name__ == "__main__":
    unittest.main()
