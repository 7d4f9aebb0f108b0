# SPDX-License-Identifier: MIT
"""What the tests against nginx share."""
from live_support import LiveTest, Nginx

LONG = 100_000  # seconds: a window that no test outlives


def server_lines(farm, members):
    """nginx's lines for members as Choices has them; ids are places in the farm."""
    lines = []
    for number, weight, max_fails, fail_timeout, max_conns, backup in members:
        line = f"server 127.0.0.1:{farm.ports[number]} weight={weight} max_fails={max_fails}"
        line += f" fail_timeout={fail_timeout}s" + (f" max_conns={max_conns}" if max_conns else "")
        lines.append(line + (" backup;" if backup else ";"))
    return " ".join(lines)


class NginxTest(LiveTest):
    def members(self, backups=True, max_fails=(0, 1, 1, 2, 3, 10)):
        weights = self.weights()
        members = [[i, w, self.random.choice(max_fails), LONG, 0, 0] for i, w in enumerate(weights)]
        if backups and len(members) > 1 and self.random.randrange(2):
            for i in range(self.random.randint(1, len(members)), len(members)):
                members[i][5] = 1
        return members

    def compare(self, configurations, client_of, requests, key=None):
        for number, (name, members) in enumerate(configurations):
            self.choices.tell(f"pool {name}")
            self.choices.members(members)
            self.choices.tell("advance 1000000")
            self.farm.failing.clear()
            client = client_of(number)
            for turn in range(requests):
                if self.random.randrange(12) == 0:
                    self.farm.failing ^= {self.random.randrange(len(members))}
                target, ours_key = key() if key else (b"/", "-")
                theirs = self.ask(client, target)
                ours = self.choices.request(self.farm.failing, ours_key)
                self.same(theirs, ours, f"configuration {number}, request {turn}: {members}, {target}")
            client.close()
        self.farm.failing.clear()

    def compared_with(self, configurations, requests, method="", key=None):
        upstreams = [method + server_lines(self.farm, members) for _, members in configurations]
        nginx = self.running(Nginx(self.directory(), upstreams))
        self.compare(configurations, lambda number: self.client(nginx.paths[number]), requests, key)
