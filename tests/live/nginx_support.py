# SPDX-License-Identifier: MIT
"""What the tests against nginx share."""
import os

from live_support import LiveTest, Process, answers, program

LONG = 100_000  # seconds: a window that no test outlives


class Nginx(Process):
    """One worker; each upstream block behind a Unix socket of its own: `paths`."""

    def __init__(self, directory, upstreams, http="", locations=""):
        self.paths = [os.path.join(directory, f"{number}.sock") for number in range(len(upstreams))]
        servers = "".join(
            f"""
    upstream u{number} {{ {upstream} }}
    server {{
        listen unix:{path}; set_real_ip_from unix:; real_ip_header X-Real-IP;
        location / {{ proxy_pass http://u{number}; proxy_set_header X-Id $http_x_id;
                      proxy_set_header X-Hold $http_x_hold; {locations} }}
    }}"""
            for number, (upstream, path) in enumerate(zip(upstreams, self.paths))
        )
        temporary = "".join(f"{kind}_temp_path {directory}/{kind};" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(os.path.join(directory, "nginx.conf"), "w", encoding="ascii") as file:
            file.write(f"""
daemon off; master_process off; pid {directory}/pid; error_log {directory}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off; {temporary} keepalive_requests 1000000; keepalive_timeout 600s; {http}{servers}
}}
""")
        super().__init__([program("nginx"), "-p", directory, "-c", os.path.join(directory, "nginx.conf"),
                          "-e", os.path.join(directory, "error.log")], directory, answers(*self.paths))


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
