# SPDX-License-Identifier: MIT
"""nginx's hash, hash consistent and ip_hash, with retries past servers that fail; random by its distribution."""
import unittest

from live_support import CONFIGURATIONS
from nginx_support import LONG, Nginx, NginxTest, server_lines
from statistics_support import agree, tally

PIECES = ["", "a", "user", "42", "%41", "%", "%2", "+", "a b", "ä", "负载均衡", "é%C3%A9", "/", "?", ";", "=", "x" * 300]


class Hashes(NginxTest):
    def key(self):
        """A request's target, and the same for our key maker: absent, empty and repeated parameters, any bytes."""
        def value():
            return "".join(self.random.choice(PIECES) for _ in range(self.random.randint(0, 3))).replace(" ", "%20")
        query = [self.random.choice(["k=" + value(), "k=" + str(self.random.randrange(10000)), "kk=" + value(), "k",
                                     "j=" + value(), ""]) for _ in range(self.random.randint(0, 3))]
        target = ("/path" + self.random.choice(["", "?" + "&".join(query)])).encode()
        return target, "arg:" + target.hex()

    def configurations(self, name):
        return [(name, self.members(False)) for _ in range(CONFIGURATIONS)]

    def test_hash(self):
        self.compared_with(self.configurations("nginx_hash"), 150, "hash $arg_k; ", self.key)

    def test_ip_hash(self):
        def key():
            if self.random.randrange(2):
                address = bytes([self.random.choice([127, 10, self.random.randrange(256)]), *self.random.randbytes(3)])
                text = ".".join(map(str, address))
            else:
                address = self.random.randbytes(16)
                text = ":".join(address[i : i + 2].hex() for i in range(0, 16, 2))
            self.fields = [b"X-Real-IP: " + text.encode()]
            return b"/", "bytes:" + address.hex()
        self.compared_with(self.configurations("ip_hash"), 150, "ip_hash; ", key)

    def test_hash_consistent(self):
        self.consistent([self.members(False) for _ in range(CONFIGURATIONS)], server_lines)

    def consistent(self, configurations, lines):
        """160 points for each unit of weight: where servers are many, weights up to 20 keep nginx's start quick."""
        for members in configurations:
            for member in members:
                member[1] = min(member[1], 20 if len(members) > 5 else 256)
        ids = [[int(self.choices.tell(f"ketama 127.0.0.1:{self.farm.ports[m[0]]} {place}"))
                for place, m in enumerate(members)] for members in configurations]
        upstreams = ["hash $arg_k consistent; " + lines(self.farm, members) for members in configurations]
        nginx = self.running(Nginx(self.directory(), upstreams))
        for number, members in enumerate(configurations):
            place = {id: m[0] for id, m in zip(ids[number], members)}
            self.choices.tell("pool nginx_consistent_hash")
            self.choices.members([[id, *m[1:]] for id, m in zip(ids[number], members)])
            self.choices.tell("advance 1000000")
            client = self.client(nginx.paths[number])
            for turn in range(150):
                if self.random.randrange(12) == 0:
                    self.farm.failing ^= {self.random.randrange(len(members))}
                target, key = self.key()
                theirs = self.ask(client, target)
                failing = {id for id in ids[number] if place[id] in self.farm.failing}
                ours = [place[id] for id in self.choices.request(failing, key)]
                self.same(theirs, ours, f"configuration {number}, request {turn}: {members}, {target}")
            client.close()
            self.farm.failing.clear()

    def test_most_servers_down(self):
        """After 20 hashes, or points, it is the round robin's turn."""
        for name, method in (("nginx_hash", "hash $arg_k; "), ("ip_hash", "ip_hash; ")):
            configurations = [(name, [[i, self.random.randint(1, 9), 1, LONG, 0, 0] for i in range(64)])
                              for _ in range(8)]
            upstreams = [method + server_lines(self.farm, members) for _, members in configurations]
            nginx = self.running(Nginx(self.directory(), upstreams))
            for number, (_, members) in enumerate(configurations):
                self.choices.tell(f"pool {name}")
                self.choices.members(members)
                self.choices.tell("advance 1000000")
                self.farm.failing = set(range(64)) - set(self.random.sample(range(64), self.random.randint(0, 3)))
                client = self.client(nginx.paths[number])
                for turn in range(100):
                    self.fields = [b"X-Real-IP: 10.%d.3.4" % turn]
                    target = b"/?k=%d" % turn
                    key = "arg:" + target.hex() if name == "nginx_hash" else f"bytes:0a{turn:02x}0304"
                    theirs = self.ask(client, target)
                    self.same(theirs, self.choices.request(self.farm.failing, key), f"request {turn}: {members}")
        self.farm.failing.clear()

    def test_random(self):
        """Equal distributions."""
        draws, weights = 100_000, [5, 1, 3, 7, 2]
        for method, count in (("random; ", 1), ("random two least_conn; ", 2)):
            directory = self.directory()
            places = [f"{directory}/server{i}.sock" for i in range(len(weights))]
            servers = "".join(f'server {{ listen unix:{place}; return 200 "{i}"; }}' for i, place in enumerate(places))
            lines = " ".join(f"server unix:{place} weight={w};" for place, w in zip(places, weights))
            nginx = self.running(Nginx(directory, [method + lines], http=servers))
            theirs = tally(self.client(nginx.paths[0]), len(weights), draws)
            self.choices.tell(f"pool nginx_random draws={count} seed={self.seed}")
            self.choices.members(list(enumerate(weights)))
            ours = self.choices.tally(len(weights), draws)
            self.assertTrue(agree(theirs, ours), f"{method}{theirs} {ours}")
            self.compared += draws

    def test_random_two_of_two(self):
        """The deterministic part: of two servers with different loads, always the one with less."""
        for _ in range(CONFIGURATIONS):
            members = [[i, self.random.randint(1, 3), 1, LONG, 0, 0] for i in range(2)]
            nginx = self.running(Nginx(self.directory(), ["random two least_conn; " + server_lines(self.farm, members)]))
            self.choices.tell("pool nginx_random draws=2")
            self.choices.members(members)
            clients, in_flight = [], [0, 0]
            for step in range(16):
                request, client = self.next_id(), self.client(nginx.paths[0])
                client.send(request, b"/", b"X-Hold: 1")
                (theirs,) = self.farm.reached(request)
                clients.append((client, request))
                tie = in_flight[0] * members[1][1] == in_flight[1] * members[0][1]
                ours = self.choices.acquire(tried=[1 - theirs] if tie else [])
                self.same(theirs, ours[1], f"step {step}: {members}, in flight {in_flight}")
                in_flight[theirs] += 1
            for client, request in clients:
                self.farm.release(request)
                client.receive()
                client.close()
            nginx.stop()


if __name__ == "__main__":
    unittest.main()
