# SPDX-License-Identifier: MIT
"""What the live tests share: real servers, nginx, HAProxy and our own pool as child processes, and how to ask them."""
import os
import random
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TIMEOUT = 20.0  # of every socket and every wait
CONFIGURATIONS = 40


def wait_until(condition, what, seconds=TIMEOUT):
    """Asks until the condition is true and returns its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.001)
    return value


class Farm:
    """Servers on ports that the system picked, all in one thread. A request's X-Id says whose it is: `attempts` has the
    servers that it reached, in their order. A server in `failing` closes without an answer; a request with X-Hold is
    answered when it is released."""

    def __init__(self, count):
        self.attempts, self.failing = {}, set()
        self._held, self._condition = {}, threading.Condition()
        self._poll, self.listeners = selectors.DefaultSelector(), []
        for server in range(count):
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen(512)
            listener.setblocking(False)
            self.listeners.append(listener)
            self._poll.register(listener, selectors.EVENT_READ, (server, None))
        self.ports = [listener.getsockname()[1] for listener in self.listeners]
        threading.Thread(target=self._run, daemon=True).start()

    def reached(self, request, attempts=1):
        """Waits until the request has reached so many servers, and returns them."""
        with self._condition:
            done = self._condition.wait_for(lambda: len(self.attempts.get(request, [])) >= attempts, TIMEOUT)
        if not done:
            raise AssertionError(f"request {request} reached {self.attempts.get(request, [])} and no more")
        return self.attempts[request]

    def release(self, request):
        with self._condition:
            connection, server = self._held.pop(request)
        self._answer(connection, server, False)

    def _run(self):
        while True:
            for key, _ in self._poll.select():
                server, buffer = key.data
                if buffer is None:
                    self._accept(key.fileobj, server)
                else:
                    self._read(key.fileobj, server, buffer)

    def _accept(self, listener, server):
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poll.register(connection, selectors.EVENT_READ, (server, bytearray()))

    def _close(self, connection):
        self._poll.unregister(connection)
        connection.close()

    def _read(self, connection, server, buffer):
        try:
            data = connection.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            return self._close(connection)
        buffer += data
        head, mark, _ = bytes(buffer).partition(b"\r\n\r\n")
        if not mark:
            return None
        buffer.clear()
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        request = int(fields.get(b"x-id", b"-1"))  # a health check has none
        fails = server in self.failing
        with self._condition:
            if b"x-hold" in fields and not fails:
                self._held[request] = (connection, server)
            if request >= 0:
                self.attempts.setdefault(request, []).append(server)
            self._condition.notify_all()
        if fails:
            return self._close(connection)
        if b"x-hold" not in fields:
            self._answer(connection, server, b"HTTP/1.0" in head.split(b"\r\n")[0])
        return None

    def _answer(self, connection, server, last):
        body = str(server).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        if last:
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it was quicker


class Client:
    """One connection to a balancer: a path of a Unix socket, or a port."""

    def __init__(self, address, preamble=b"", source=""):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.sock = socket.socket(family)
        self.sock.settimeout(TIMEOUT)
        try:
            if source:
                self.sock.bind((source, 0))
            self.sock.connect(address)
        except OSError:
            self.sock.close()
            raise
        self.sock.sendall(preamble)
        self.buffer = b""

    def send(self, request, target=b"/", *fields):
        lines = [b"GET " + target + b" HTTP/1.1", b"Host: live", b"X-Id: %d" % request, *fields, b"", b""]
        self.sock.sendall(b"\r\n".join(lines))

    def receive(self):
        """The status; the body is read and dropped, the head is kept."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.head = head.decode("latin-1")
        length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while len(self.buffer) < (length or [0])[0]:
            self._more()
        self.buffer = self.buffer[(length or [0])[0] :]
        return int(head.split(b" ")[1])

    def _more(self):
        data = self.sock.recv(1 << 16)
        if not data:
            raise EOFError("the balancer has closed the connection")
        self.buffer += data

    def close(self):
        self.sock.close()


class Process:
    """A child in a directory of its own, ended by its id."""

    def __init__(self, command, directory, ready):
        self.directory = directory
        self.log = open(os.path.join(directory, "output"), "w+b")
        self.child = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=directory)
        try:
            wait_until(lambda: ready() or self.child.poll() is not None, f"{command[0]} is ready")
            if self.child.poll() is not None:
                self.log.seek(0)
                raise AssertionError(f"{command[0]} ended with {self.child.returncode}:\n{self.log.read().decode()}")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        if self.log.closed:
            return
        self.child.terminate()
        try:
            self.child.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.log.close()


def program(name):
    """Where it is: Debian puts it beyond an ordinary user's path."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise AssertionError(f"{name} is not installed; tests/run.sh installs it")
    return found


def answers(*paths):
    """Whether somebody accepts connections at all of them."""
    def ready():
        try:
            for path in paths:
                Client(path).close()
            return True
        except OSError:
            return False

    return ready


class Choices:
    """Our own pool."""

    def __init__(self):
        self.child = subprocess.Popen([os.environ["POISE_CHOICES"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True, encoding="ascii")

    def tell(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            raise AssertionError(f"{line[:200]}: {answer or 'no answer'}")
        return answer

    def members(self, lines):
        """(id, weight, max_fails, fail_timeout, max_conns, backup), the last ones as they are in nginx if left out."""
        defaults = (None, 1, 1, 10, 0, 0)
        texts = (":".join(str(int(value)) for value in (*line, *defaults[len(line):])) for line in lines)
        self.tell("members " + " ".join(texts))

    def acquire(self, key="-", tried=()):
        """(lease, id), or None."""
        answer = self.tell(f"acquire {key} {','.join(map(str, tried)) or '-'}")
        return None if answer == "none" else tuple(map(int, answer.split()))

    def finish(self, lease, success=True):
        self.tell(f"finish {lease} {'success' if success else 'failure'}")

    def request(self, failing=(), key="-", tries=None):
        """All ids that a request with retries comes to."""
        tried = []
        while tries is None or len(tried) < tries:
            chosen = self.acquire(key, tried)
            if chosen is None:
                return tried
            tried.append(chosen[1])
            self.finish(chosen[0], chosen[1] not in failing)
            if chosen[1] not in failing:
                return tried
        return tried

    def tally(self, servers, draws):
        """How often each id is chosen, by requests that end at once."""
        chosen = self.tell(f"tally {draws}").split()
        return [int(dict(pair.split(":") for pair in chosen).get(str(i), 0)) for i in range(servers)]

    def close(self):
        self.child.stdin.close()
        self.child.wait(TIMEOUT)
        self.child.stdout.close()


class ProcessTest(unittest.TestCase):
    """Starts processes in directories and cleans them up, the last one first."""

    def directory(self):
        path = tempfile.mkdtemp(prefix="poise-live-")
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def running(self, process):
        self.addCleanup(process.stop)
        return process


class LiveTest(ProcessTest):
    """Has a farm of 64 servers, directories and seeds. POISE_SEED repeats a run."""

    farm = None

    @classmethod
    def setUpClass(cls):
        LiveTest.farm = LiveTest.farm or Farm(64)

    def setUp(self):
        self.seed = int(os.environ.get("POISE_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 32)
        print(f"{self.id()}: POISE_SEED={self.seed}", file=sys.stderr, flush=True)
        self.random = random.Random(self.seed)
        self.number = self.random.randrange(1 << 40)
        self.choices = Choices()
        self.addCleanup(self.choices.close)
        self.compared, self.fields = 0, []  # fields of every request

    def tearDown(self):
        print(f"{self.id()}: {self.compared} choices compared", file=sys.stderr, flush=True)

    def client(self, address, preamble=b""):
        client = Client(address, preamble)
        self.addCleanup(client.close)
        return client

    def next_id(self):
        self.number += 1
        return self.number

    def weights(self, most=256, servers=64):
        """1 to 64 weights of 1 to 256: few and many, all alike, small, or any."""
        count = self.random.choice([1, 2, 3, self.random.randint(1, 12), self.random.randint(1, servers)])
        count = min(count, servers)
        kind = self.random.randrange(4)
        if kind == 0:
            return [self.random.randint(1, most)] * count
        return [self.random.randint(1, [0, 5, 20, most][kind]) for _ in range(count)]

    def ask(self, client, target=b"/", *fields):
        """The servers that a new request comes to."""
        request = self.next_id()
        client.send(request, target, *self.fields, *fields)
        client.receive()
        return self.farm.attempts.pop(request, [])

    def same(self, theirs, ours, what):
        self.compared += max(len(theirs), 1) if isinstance(theirs, list) else 1
        self.assertEqual(theirs, ours, what)

    def hold_and_release(self, path, members, steps):
        idle, held = [], []  # connections; requests that wait for their answer
        for step in range(steps):
            if held and self.random.randrange(5) < 2:
                client, request, lease = held.pop(self.random.randrange(len(held)))
                self.farm.release(request)
                self.assertEqual(client.receive(), 200)
                self.choices.finish(lease)
                idle.append(client)
                continue
            client, request = idle.pop() if idle else self.client(path), self.next_id()
            client.send(request, b"/", b"X-Hold: 1")
            ours = self.choices.acquire()
            if ours is None:
                self.assertEqual(client.receive(), 502)
                self.assertNotIn(request, self.farm.attempts)
                self.compared += 1
                idle.append(client)
                continue
            self.same(self.farm.reached(request), [ours[1]], f"step {step}: {members}, {len(held)} held")
            held.append((client, request, ours[0]))
        for client, request, lease in held:
            self.farm.release(request)
            client.receive()
            idle.append(client)
        for client in idle:
            client.close()
