# SPDX-License-Identifier: MIT
"""What the proxy's tests share: sockets that speak HTTP, servers that follow a script, the proxy as a child process."""
import os
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

TIMEOUT = 10.0  # of every socket, and of every wait that names no other


def wait_until(condition, what, seconds=TIMEOUT):
    """Polls until the condition is true and returns its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.003)
    return value


def request(method="GET", target="/", *fields, body=None, version="HTTP/1.1"):
    """The bytes of a well-formed request. Fields are "Name: value"; a body brings its Content-Length."""
    lines = [f"{method} {target} {version}", "Host: test", *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def response(body=b"", *fields, status="200 OK"):
    """The bytes of a well-formed response with a Content-Length."""
    lines = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


class Head:
    """The start line and the fields of a message, in their order."""

    def __init__(self, raw):
        self.start, *lines = raw[:-4].decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        self.fields = [(name.lower(), value.strip()) for name, _, value in pairs]

    def all(self, name):
        return [value for key, value in self.fields if key == name.lower()]

    def get(self, name):
        """The field's lines joined to one list, as HTTP has it; None if there is none."""
        return ", ".join(self.all(name)) if self.all(name) else None

    @property
    def method(self):
        return self.start.split(" ")[0]

    @property
    def status(self):
        return int(self.start.split(" ")[1])


class Response:
    def __init__(self, head, body, interim):
        self.head, self.body, self.interim = head, body, interim
        self.status = head.status


class Wire:
    """A socket and a read buffer. Reading beyond the end raises EOFError."""

    def __init__(self, sock):
        sock.settimeout(TIMEOUT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.buffer, self.received, self.closed = sock, b"", 0, False

    def send(self, data):
        self.sock.sendall(data)

    def _fill(self):
        data = self.sock.recv(1 << 18)
        if not data:
            raise EOFError(f"closed by the other side, unread: {self.buffer[:200]!r}")
        self.received += len(data)
        self.buffer += data

    def some(self, limit=1 << 18):
        """At least one byte, at most `limit`."""
        if not self.buffer:
            self._fill()
        data, self.buffer = self.buffer[:limit], self.buffer[limit:]
        return data

    def until(self, mark):
        while (end := self.buffer.find(mark)) < 0:
            self._fill()
        data, self.buffer = self.buffer[: end + len(mark)], self.buffer[end + len(mark) :]
        return data

    def exactly(self, count):
        pieces = []
        while count:
            pieces.append(self.some(count))
            count -= len(pieces[-1])
        return b"".join(pieces)

    def to_end(self):
        """All that comes until the other side closes or resets."""
        pieces = []
        try:
            while True:
                pieces.append(self.some())
        except (EOFError, ConnectionResetError):
            return b"".join(pieces)

    def head(self):
        return Head(self.until(b"\r\n\r\n"))

    def chunks(self):
        """Pairs of a chunk's bytes with all framing, and its data. The last one holds the trailer section."""
        while True:
            line = self.until(b"\r\n")
            size = int(line.split(b";")[0], 16)
            if size:
                rest = self.exactly(size + 2)
                yield line + rest, rest[:-2]
                continue
            while (trailer := self.until(b"\r\n")) != b"\r\n":
                line += trailer
            yield line + trailer, b""
            return

    def body(self, head):
        """The body of a request, or of a response that says where it ends."""
        if "chunked" in (head.get("Transfer-Encoding") or ""):
            return b"".join(data for _, data in self.chunks())
        return self.exactly(int(head.get("Content-Length") or 0))

    def response(self, method="GET"):
        interim = []
        while (head := self.head()).status < 200 and head.status != 101:
            interim.append(head)
        if method == "HEAD" or head.status in (101, 204, 304):
            body = b""
        elif head.get("Content-Length") or head.get("Transfer-Encoding"):
            body = self.body(head)
        else:
            body = self.to_end()
        return Response(head, body, interim)

    def ask(self, method="GET", target="/", *fields, body=None):
        self.send(request(method, target, *fields, body=body))
        return self.response(method)

    def finish(self):
        """Says that nothing more will be sent; reading goes on."""
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.sock.close()
        self.closed = True  # who waits for this may count on the FIN being out

    def reset(self):
        """Closes with a RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def hang_up(self):
        """Ends both directions, from any thread; the thread that reads closes the socket."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def answer_name(server, wire, head):
    """The script of an ordinary server: it says its name."""
    wire.body(head)
    wire.send(server.name_response if head.method != "HEAD" else server.name_response[: -len(server.name)])


class Server:
    """Follows script(server, wire, head) for each request head; after it, a wire that is not closed is kept alive."""

    def __init__(self, name="a", script=answer_name, weight=1):
        self.name, self.script, self.weight = name, script, weight
        self.name_response = response(name.encode(), "Content-Type: text/plain")
        self.heads, self.wires, self.errors = [], [], []
        self.lock = threading.Lock()
        self.port = 0
        self._bind()
        self.start()

    def _bind(self):
        self.listener = socket.socket()
        self.listener.settimeout(TIMEOUT)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]

    @property
    def option(self):
        """What follows --server. A weight of 1 is left to the default."""
        return f"127.0.0.1:{self.port}" + (f",weight={self.weight}" if self.weight != 1 else "")

    @property
    def received(self):
        return sum(wire.received for wire in self.wires)

    def start(self):
        self.running = True
        self.listener.listen(128)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        """Dies as a killed process does. The port stays bound, so that it refuses and nobody else gets it."""
        with self.lock:
            self.running = False
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            for wire in self.wires:
                wire.hang_up()
        wait_until(lambda: all(wire.closed for wire in self.wires), "a stopped server's connections are closed")
        self._bind()

    def close(self):
        with self.lock:
            self.running = False
            for wire in self.wires:
                wire.hang_up()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it was not listening
        self.listener.close()
        if self.errors:
            raise self.errors[0]

    def _accept(self, listener):
        while self.running:
            try:
                sock, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with self.lock:
                if not self.running:
                    sock.close()
                    return
                wire = Wire(sock)
                self.wires.append(wire)
            threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire):
        try:
            while not wire.closed:
                head = wire.head()
                self.heads.append(head)
                self.script(self, wire, head)
        except (EOFError, OSError):
            pass  # the proxy may close whenever it likes; the client's side of the test says what was wrong
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(error)
        finally:
            wire.close()


class Proxy:
    """poise-proxy as a child process."""

    def __init__(self, servers, balance=None, options=()):
        command = [os.environ["POISE_PROXY"], "--listen", "127.0.0.1:0", *map(str, options)]
        command += os.environ.get("POISE_PROXY_OPTIONS", "").split()  # by hand: what else holds with --threads 4, say
        command += ["--balance", balance] if balance else []
        for server in servers:
            command += ["--server", server.option]
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.stderr)
        try:
            ready, _, _ = select.select([self.process.stdout], [], [], TIMEOUT)
            line = self.process.stdout.readline().decode() if ready else ""
            if not line.startswith("listening on 127.0.0.1:"):
                raise AssertionError(f"instead of 'listening on 127.0.0.1:PORT': {line!r}")
            self.port = int(line.rpartition(":")[2])
        except BaseException:
            self.kill()
            raise

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def connect(self, source=""):
        return Wire(socket.create_connection(("127.0.0.1", self.port), TIMEOUT, source_address=(source, 0)))

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.stderr.close()

    def stop(self):
        """SIGTERM must end it, with exit 0; an earlier end was a crash."""
        try:
            self.process.terminate()
            code = self.process.wait(TIMEOUT + 5)
            self.stderr.seek(0)
            if code:
                raise AssertionError(f"poise-proxy ended with {code}: {self.stderr.read().decode()}")
        finally:
            self.kill()


class ProxyTest(unittest.TestCase):
    """Makes servers, proxies and clients, and cleans them up, the last one first."""

    threads = 1

    def server(self, name="a", script=answer_name, weight=1):
        server = Server(name, script, weight)
        self.addCleanup(server.close)
        return server

    def servers(self, **weights):
        return [self.server(name, weight=weight) for name, weight in weights.items()]

    def proxy(self, *servers, balance=None, options=("--drain-timeout", 2000)):
        more = ("--threads", self.threads) if self.threads > 1 else ()
        proxy = Proxy(servers, balance, (*options, *more))
        self.addCleanup(proxy.stop)
        return proxy

    def client(self, proxy):
        wire = proxy.connect()
        self.addCleanup(wire.close)
        return wire

    def names(self, wire, count):
        """Who answers the next GETs, as one string."""
        names = []
        for _ in range(count):
            answer = wire.ask()
            self.assertEqual(answer.status, 200)
            names.append(answer.body.decode())
        return "".join(names)

    def assert_closed(self, wire):
        """The proxy closes, and sends nothing before."""
        self.assertEqual(wire.to_end(), b"")
