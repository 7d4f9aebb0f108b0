# SPDX-License-Identifier: MIT
"""What the tests against HAProxy share."""
from live_support import Haproxy, LiveTest, wait_until

PLAIN = b"PROXY UNKNOWN\r\n"  # HAProxy's listeners here expect the PROXY protocol


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
