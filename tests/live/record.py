# SPDX-License-Identifier: MIT
"""Writes golden vectors of the nginx and HAProxy that are installed: record.py DIRECTORY. golden/README.md has the
formats. Not a test: golden vectors are made once, and a change of one is a decision."""
import os
import random
import sys
import unittest

from haproxy_loads import connection_request
from haproxy_support import PLAIN, Haproxy, HaproxyTest, Member
from live_support import Client
from nginx_support import LONG, Nginx, NginxTest, server_lines

WEIGHTS = [[5, 1, 1], [4, 3, 2], [1, 2, 3], [7], [1, 1, 1, 1], [100, 1, 50, 7], [256, 1, 17]]
DIRECTORY = sys.argv[1] if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]) else "."


def text(numbers):
    return " ".join(map(str, numbers)) or "-"


class Recorder:
    def setUp(self):
        super().setUp()
        self.random = random.Random(20261126)

    def write(self, name, header, rows):
        with open(os.path.join(DIRECTORY, name), "w", encoding="utf-8") as file:
            file.write("".join(f"# {line}\n" for line in header))
            file.writelines(" | ".join(row) + "\n" for row in rows)

    def all_weights(self):
        more = [[self.random.randint(1, 256) for _ in range(count)] for count in (2, 12, 40)]
        return [*WEIGHTS, *more]

    def some_keys(self):
        return [b"a", b"abc", b"user1", b"/index.html", "负载均衡".encode(), b"%41+b", b"x" * 100, b"7"]


class OfNginx(Recorder, NginxTest):
    def retries(self, name, method, lines, keys, fields, header):
        """Every server fails: the order in which a request comes to them. Each request has an upstream of its own, so
        that nothing has happened before."""
        asked = [(weights, key) for weights in self.all_weights() for key in keys]
        members = [[[i, w, 0, LONG, 0, 0] for i, w in enumerate(weights)] for weights, _ in asked]
        nginx = self.running(Nginx(self.directory(), [method + lines(self.farm, one) for one in members]))
        self.farm.failing = set(range(64))
        rows = []
        for number, (weights, key) in enumerate(asked):
            client = self.client(nginx.paths[number])
            order = self.ask(client, b"/", *fields(key))
            client.close()
            servers = text(f"127.0.0.1:{self.farm.ports[i]}*{w}" for i, w in enumerate(weights))
            rows.append((servers if "consistent" in name else text(weights), key.hex(), text(order)))
        self.farm.failing.clear()
        self.write(name, header, rows)

    def test_hash(self):
        self.retries("nginx_hash.txt", "hash $http_x_key; ", server_lines, self.some_keys(),
                     lambda key: [b"X-Key: " + key],
                     ["nginx 'hash': every server fails, max_fails=0", "weights | key (hexadecimal) | slots tried"])

    def test_consistent(self):
        self.retries("nginx_consistent_hash.txt", "hash $http_x_key consistent; ", server_lines, self.some_keys(),
                     lambda key: [b"X-Key: " + key],
                     ["nginx 'hash consistent': every server fails, max_fails=0",
                      "server*weight ... | key (hexadecimal) | slots tried"])

    def test_ip_hash(self):
        addresses = [bytes([127, 0, i, 9]) for i in range(3)] + [bytes([10, 1, 2, 3]), bytes([192, 168, 255, 0]),
                                                                 bytes(range(16)), bytes([32, 1, 13, 184] + [0] * 11 + [1])]

        def fields(key):
            six = ":".join(key[i : i + 2].hex() for i in range(0, len(key), 2))
            return [b"X-Real-IP: " + (six if len(key) == 16 else ".".join(map(str, key))).encode()]

        self.retries("nginx_ip_hash.txt", "ip_hash; ", server_lines, addresses, fields,
                     ["nginx 'ip_hash': every server fails, max_fails=0",
                      "weights | address (hexadecimal) | slots tried"])

    def test_backup(self):
        rows = []
        for weights, backups in (([5, 1, 1], [2]), ([1, 2, 3, 4], [0, 2]), ([4, 4, 3, 2], [2, 3]), ([2, 1], [1])):
            members = [[i, w, 0, LONG, 0, int(i in backups)] for i, w in enumerate(weights)]
            nginx = self.running(Nginx(self.directory(), [server_lines(self.farm, members)]))
            client, operations, chosen = self.client(nginx.paths[0]), [], []
            for _ in range(40):
                self.farm.failing = set(self.random.sample(range(len(weights)), self.random.randint(0, len(weights) - 1)))
                attempts = self.ask(client)
                for i, slot in enumerate(attempts):
                    operations.append("x" + ",".join(map(str, attempts[:i])) if i else "s")
                    operations += [f"f{slot}"] if slot in self.farm.failing else []
                chosen += attempts
            self.farm.failing.clear()
            rows.append((text(weights), text(backups), text(operations), text(chosen)))
        self.write("nginx_backup.txt", ["nginx's round robin with backup servers, max_fails=0",
                                        "weights | slots of backups | operations | slots selected"], rows)

    def test_least_conn(self):
        rows = []
        for weights in self.all_weights():
            members = [[i, w, 1, LONG, 0, 0] for i, w in enumerate(weights)]
            nginx = self.running(Nginx(self.directory(), ["least_conn; " + server_lines(self.farm, members)]))
            rows.append(self.held(weights, lambda: Client(nginx.paths[0])))
        self.write("nginx_least_conn.txt", ["nginx 'least_conn'", "weights | operations | slots selected"], rows)

    def held(self, weights, connect, settled=lambda count: None, change=None):
        operations, chosen, open_requests = [], [], []
        for _ in range(150):
            if change and self.random.randrange(12) == 0:
                operations.append(change())
            if open_requests and self.random.randrange(5) < 2:
                client, request, slot = open_requests.pop(self.random.randrange(len(open_requests)))
                self.farm.release(request)
                client.receive()
                client.close()
                settled(len(open_requests))
                operations.append(f"c{slot}")
                continue
            client, request = connect(), self.next_id()
            client.send(request, b"/", b"X-Hold: 1")
            (slot,) = self.farm.reached(request)
            open_requests.append((client, request, slot))
            operations.append("o")
            chosen.append(slot)
        for client, request, _ in open_requests:
            self.farm.release(request)
            client.receive()
            client.close()
        return text(weights), text(operations), text(chosen)


class OfHaproxy(Recorder, HaproxyTest):
    held = OfNginx.held

    def weight_of(self, number, members):
        member = self.random.choice(members)
        member.weight = self.random.choice([0, 1, self.random.randint(0, 256)])
        if all(m.weight == 0 for m in members):
            member.weight = 3
        self.haproxy.ask(f"set server b{number}/s{member.number} weight {member.weight}")
        return f"w{member.number}={member.weight}"

    def test_roundrobin_changes(self):
        rows = []
        for weights in self.all_weights():
            members = [Member(i, w) for i, w in enumerate(weights)]
            self.started([members], "balance roundrobin")
            client, operations, chosen = self.client(self.haproxy.paths[0], PLAIN), [], []
            for _ in range(200):
                if self.random.randrange(12) == 0:
                    operations.append(self.weight_of(0, members))
                operations.append("s")
                chosen += self.ask(client)
            rows.append((text(weights), text(operations), text(chosen)))
        self.write("haproxy_roundrobin_changes.txt", ["HAProxy 'balance roundrobin' while weights change",
                                                      "weights | operations | slots selected"], rows)

    def test_leastconn(self):
        rows = []
        for weights in self.all_weights():
            members = [Member(i, w) for i, w in enumerate(weights)]
            self.started([members], "balance leastconn")
            rows.append(self.held(weights, lambda: Client(self.haproxy.paths[0], PLAIN),
                                  lambda count: self.settled(0, count), lambda: self.weight_of(0, members)))
        self.write("haproxy_leastconn.txt", ["HAProxy 'balance leastconn' while weights change",
                                             "weights | operations | slots selected"], rows)

    def test_full_servers(self):
        """Of first and roundrobin: who is full is rejected."""
        for algorithm in ("first", "roundrobin"):
            rows = []
            for weights in self.all_weights()[:6]:
                members = [Member(i, w, self.random.randint(1, 3)) for i, w in enumerate(weights)]
                self.started([members], f"balance {algorithm}")
                operations, chosen, held = [], [], []
                for _ in range(80):
                    counts = [[slot for *_, slot in held].count(m.number) for m in members]
                    full = [m.number for m, count in zip(members, counts) if count >= m.maxconn]
                    if len(full) == len(members) or (held and self.random.randrange(3) == 0):
                        client, request, _ = held.pop(self.random.randrange(len(held)))
                        self.farm.release(request)
                        client.receive()
                        client.close()
                        self.settled(0, len(held))
                        continue
                    client, request = Client(self.haproxy.paths[0], PLAIN), self.next_id()
                    client.send(request, b"/", b"X-Hold: 1")
                    (slot,) = self.farm.reached(request)
                    held.append((client, request, slot))
                    operations.append("x" + ",".join(map(str, full)) if full else "s")
                    chosen.append(slot)
                for client, request, _ in held:
                    self.farm.release(request)
                    client.receive()
                    client.close()
                rows.append((text(weights), text(operations), text(chosen)))
            self.write(f"haproxy_{algorithm}_maxconn.txt", [f"HAProxy 'balance {algorithm}' with maxconn",
                                                            "weights | operations | slots selected"], rows)

    def test_map(self):
        rows = []
        for weights in self.all_weights():
            self.started([[Member(i, w) for i, w in enumerate(weights)]], "balance url_param k\n    hash-type map-based sdbm")
            client = self.client(self.haproxy.paths[0], PLAIN)
            rows += [(text(weights), key.hex(), text(self.ask(client, b"/?k=" + key))) for key in self.some_keys()]
        self.write("haproxy_map.txt", ["HAProxy 'hash-type map-based sdbm'", "weights | key (hexadecimal) | slot"], rows)

    def test_bounded_load(self):
        rows = []
        for weights in ([5, 1, 1], [4, 3, 2], [1, 1, 1, 1], [10, 1, 5, 7]):
            for factor in (101, 125, 200):
                self.started([[Member(i, w) for i, w in enumerate(weights)]],
                             f"balance url_param k\n    hash-type consistent sdbm\n    hash-balance-factor {factor}")
                operations, chosen, held = [], [], []
                for _ in range(60):
                    if held and self.random.randrange(4) == 0:
                        client, request, slot = held.pop(self.random.randrange(len(held)))
                        self.farm.release(request)
                        client.receive()
                        client.close()
                        self.settled(0, len(held))
                        operations.append(f"c{slot}")
                        continue
                    key = b"%d" % self.random.choice([1, 1, 2, self.random.randrange(100)])
                    client, request = Client(self.haproxy.paths[0], PLAIN), self.next_id()
                    client.send(request, b"/?k=" + key, b"X-Hold: 1")
                    (slot,) = self.farm.reached(request)
                    held.append((client, request, slot))
                    operations.append("k" + key.hex())
                    chosen.append(slot)
                for client, request, _ in held:
                    self.farm.release(request)
                    client.receive()
                    client.close()
                rows.append((text(weights), str(factor), text(operations), text(chosen)))
        self.write("haproxy_bounded_load.txt",
                   ["HAProxy 'hash-type consistent sdbm', 'hash-balance-factor'; server ids 1..n",
                    "weights | factor | operations: k = select by that key (hexadecimal), which stays open | slots"], rows)

    def test_rdp_cookie(self):
        rows = []
        wait = "tcp-request inspect-delay 5s\n    tcp-request content accept if RDP_COOKIE"
        for name in ("mstshash", "msts"):
            section = f"balance rdp-cookie({name})\n    " + "\n    ".join(
                Member(i, w).line(self.farm) for i, w in enumerate([5, 3, 2, 7]))
            haproxy = self.running(Haproxy(self.directory(), [section], mode="tcp", frontend=wait))
            for value in ("eltons", "user1", "DOMAIN\\admin", "3640205228.15629.0000", "a=b"):
                packet, request = connection_request(f"Cookie: {name}={value}\r\n".encode()), self.next_id()
                client = self.client(haproxy.paths[0], PLAIN)
                client.sock.sendall(packet + b"GET / HTTP/1.1\r\nX-Id: %d\r\n\r\n" % request)
                client.receive()
                client.close()
                rows.append(("5 3 2 7", name, packet.hex(), text(self.farm.attempts.pop(request))))
        self.write("haproxy_rdp_cookie.txt", ["HAProxy 'balance rdp-cookie(NAME)', map-based, sdbm",
                                              "weights | name | packet (hexadecimal) | slot"], rows)


del HaproxyTest, NginxTest

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
