#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""CPU time a MiB of poise-proxy --mode tcp, in parts of HAProxy's tcp mode, measured in interleaved rounds.

usage: tcp_proxy.py POISE_PROXY [ROUNDS [MIB]]

Each round streams MIB MiB by each of four connections, one way and both ways at once, through one proxy after the other,
and takes the user and system time of the proxy's process. Printed is the median of the rounds' ratios, with the lowest
and the highest.
"""
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

CONNECTIONS = 4
BLOCK = 1 << 18


def drain(sock):
    buffer, total = bytearray(BLOCK), 0
    while count := sock.recv_into(buffer):
        total += count
    return total


def fill(sock, mib):
    block = bytes(BLOCK)
    for _ in range(mib * (1 << 20) // BLOCK):
        sock.sendall(block)
    sock.shutdown(socket.SHUT_WR)


def both(*actions):
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Source:
    """Sends `mib` MiB to whoever connects, and takes what comes."""

    def __init__(self):
        self.mib = 0  # so long, who asks whether a proxy is ready gets nothing
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            sock, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(sock, self.mib), daemon=True).start()

    @staticmethod
    def _serve(sock, mib):
        try:
            both(lambda: fill(sock, mib), lambda: drain(sock))
        finally:
            sock.close()


class Proxy:
    def __init__(self, command, port):
        self.child, self.port = subprocess.Popen(command, stdout=subprocess.PIPE), port
        if port is None:
            self.port = int(self.child.stdout.readline().decode().rpartition(":")[2])
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.child.poll() is not None:
                    raise
                time.sleep(0.01)

    def cpu(self):
        with open(f"/proc/{self.child.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def stream(self, mib, upload):
        """CPU ticks for each MiB that went through it."""
        before = self.cpu()

        received = []

        def one():
            sock = socket.create_connection(("127.0.0.1", self.port))
            # who only listens does not half-close: HAProxy takes that for leaving, when it is not connected yet
            both(*[lambda: fill(sock, mib)] * upload, lambda: received.append(drain(sock)))
            sock.close()

        both(*[one] * CONNECTIONS)
        if received != [mib << 20] * CONNECTIONS:
            raise SystemExit(f"{self.child.args[0]}: of {mib << 20} bytes came {received}")
        return (self.cpu() - before) / (CONNECTIONS * mib * (2 if upload else 1))


def haproxy(directory, backend, splice):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name = os.path.join(directory, f"haproxy{splice}.cfg")
    with open(name, "w", encoding="ascii") as file:
        file.write(f"""
global
    nbthread 1
    maxconn 1000
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    {"option splice-auto" if splice else ""}
listen l
    bind 127.0.0.1:{port}
    server s 127.0.0.1:{backend}
""")
    program = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
    return Proxy([program, "-db", "-f", name], port)


def main():
    program = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    mib = int(sys.argv[3]) if len(sys.argv) > 3 else 256
    source = Source()
    with tempfile.TemporaryDirectory() as directory:
        poise = Proxy([program, "--mode", "tcp", "--listen", "127.0.0.1:0", "--server", f"127.0.0.1:{source.port}"], None)
        others = {"HAProxy": haproxy(directory, source.port, False),
                  "HAProxy, option splice-auto": haproxy(directory, source.port, True)}
        print("| streams | beside | CPU a MiB | spread |\n|---|---|---|---|")
        try:
            for streams, upload in (("one way", False), ("both ways", True)):
                ratios = {name: [] for name in others}
                for _ in range(rounds):
                    source.mib = mib
                    ours = poise.stream(mib, upload)
                    for name, other in others.items():
                        ratios[name].append(ours / other.stream(mib, upload))
                for name, found in ratios.items():
                    print(f"| {streams} | {name} | {statistics.median(found):.2f} | {min(found):.2f} - {max(found):.2f} |",
                          flush=True)
        finally:
            for proxy in (poise, *others.values()):
                proxy.child.terminate()
                proxy.child.wait()


main()
