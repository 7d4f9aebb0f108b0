# SPDX-License-Identifier: MIT
"""What the tests against HAProxy share."""
import os
import socket

from live_support import TIMEOUT, LiveTest, Process, answers, program, wait_until

PLAIN = b"PROXY UNKNOWN\r\n"  # HAProxy's listeners here expect the PROXY protocol


def from_address(source):
    """What tells HAProxy, at the beginning of a connection, where it comes from (the PROXY protocol)."""
    if ":" in source:
        return f"PROXY TCP6 {source} ::1 1000 80\r\n".encode()
    return f"PROXY TCP4 {source} 127.0.0.1 1000 80\r\n".encode()


class Haproxy(Process):
    """One thread; each backend section behind a Unix socket of its own: `paths`. `ask` speaks to its control socket."""

    def __init__(self, directory, backends, mode="http", frontend=""):
        self.paths = [os.path.join(directory, f"{number}.sock") for number in range(len(backends))]
        self.control = os.path.join(directory, "control.sock")
        sections = "".join(f"""
frontend f{number}
    bind unix@{path} accept-proxy
    {frontend}
    default_backend b{number}
backend b{number}
    {backend}
""" for number, (backend, path) in enumerate(zip(backends, self.paths)))
        http = "option accept-invalid-http-request" if mode == "http" else ""
        with open(os.path.join(directory, "haproxy.cfg"), "w", encoding="ascii") as file:
            file.write(f"""
global
    nbthread 1
    stats socket unix@{self.control} level admin
defaults
    mode {mode}
    timeout connect 10s
    timeout client 60s
    timeout server 60s
    timeout queue 60s
    timeout check 10s
    {http}
{sections}""")
        super().__init__([program("haproxy"), "-f", os.path.join(directory, "haproxy.cfg"), "-db"], directory,
                         answers(self.control, *self.paths))

    def ask(self, command):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(TIMEOUT)
            sock.connect(self.control)
            sock.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: sock.recv(1 << 16), b"")).decode().strip()

    def server_states(self, backend):
        """Of each server by name: its line of `show stat`."""
        header, *lines = self.ask(f"show stat b{backend} 4 -1").lstrip("# ").splitlines()
        names = header.split(",")
        rows = (dict(zip(names, line.split(","))) for line in lines if line)
        return {row["svname"]: row for row in rows}


class Member:
    """A server as it is now: ids are places in the farm, from 0; HAProxy's own are one more."""

    def __init__(self, number, weight, maxconn=0):
        self.number, self.weight, self.maxconn, self.up = number, weight, maxconn, True

    def line(self, farm, words=""):
        limit = f" maxconn {self.maxconn}" if self.maxconn else ""
        return f"server s{self.number} 127.0.0.1:{farm.ports[self.number]} weight {self.weight}{limit} {words}"

    def __repr__(self):
        return f"{self.weight}" + (f"/{self.maxconn}" if self.maxconn else "") + ("" if self.up else " down")


class HaproxyTest(LiveTest):
    haproxy = None

    def started(self, configurations, method, words="", **others):
        """One HAProxy with a section for each list of members."""
        sections = ["\n    ".join([method, *(m.line(self.farm, words) for m in members)]) for members in configurations]
        self.haproxy = self.running(Haproxy(self.directory(), sections, **others))
        return self.haproxy

    def tell_members(self, members):
        """A server that is down has no weight here, as HAProxy takes it out of what it chooses from."""
        self.choices.members([(m.number, m.weight if m.up else 0, 0, 0, m.maxconn) for m in members])

    def change(self, number, members, weights):
        """A weight, or a server down or up again, at both."""
        member = self.random.choice(members)
        server = f"b{number}/s{member.number}"
        if weights and self.random.randrange(2):
            member.weight = self.random.choice([0, 1, self.random.randint(0, 20), self.random.randint(0, 256)])
            self.haproxy.ask(f"set server {server} weight {member.weight}")
        else:
            member.up = not member.up
            state = "ready" if member.up else self.random.choice(["maint", "drain"])
            self.haproxy.ask(f"set server {server} state {state}")
        self.tell_members(members)

    def anybody(self, members):
        return any(m.up and m.weight for m in members)

    def settled(self, number, held):
        """HAProxy has noticed that requests are over."""
        def count():
            return sum(int(row["scur"]) for name, row in self.haproxy.server_states(number).items()
                       if name.startswith("s"))
        wait_until(lambda: count() == held, f"{held} requests are open")

    def hold_and_release(self, number, members, steps, between=None, key=lambda: (b"/", "-"), first_id=0):
        """Requests that last. None is sent when everybody is full: it would wait in HAProxy."""
        idle, held = [], []  # connections; requests that wait for their answer
        for step in range(steps):
            if between:
                between()
            in_flight = [server for *_, server in held]
            room = any(m.up and m.weight and (not m.maxconn or in_flight.count(m.number) < m.maxconn) for m in members)
            if held and (not room or self.random.randrange(5) < 2):
                client, request, lease, _ = held.pop(self.random.randrange(len(held)))
                self.farm.release(request)
                self.assertEqual(client.receive(), 200)
                self.choices.finish(lease)
                idle.append(client)
                self.settled(number, len(held))
                continue
            if not room:
                continue
            client, request = idle.pop() if idle else self.client(self.haproxy.paths[number], PLAIN), self.next_id()
            target, our_key = key()
            client.send(request, target, b"X-Hold: 1")
            ours = self.choices.acquire(our_key)
            theirs = [server + first_id for server in self.farm.reached(request)]
            self.same(theirs, [ours and ours[1]], f"step {step}: {members}, in flight {in_flight}, {target}")
            held.append((client, request, ours[0], ours[1] - first_id))
        for client, request, *_ in held:
            self.farm.release(request)
            client.receive()
            idle.append(client)
        for client in idle:
            client.close()
