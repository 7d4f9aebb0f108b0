# SPDX-License-Identifier: MIT
"""Many draws, and the chi-square of two samples of them."""
import math
import re


def tally(client, servers, draws):
    """How often each server answers, whose answer is one digit: its number."""
    counts = [0] * servers
    batch = 200
    for _ in range(draws // batch):
        client.sock.sendall(b"GET / HTTP/1.1\r\nHost: live\r\n\r\n" * batch)
        answers = b""
        while len(bodies := re.findall(rb"\r\n\r\n(\d)", answers)) < batch:
            data = client.sock.recv(1 << 18)
            if not data:
                raise EOFError("the balancer has closed the connection")
            answers += data
        for body in bodies:
            counts[int(body)] += 1
    return counts


def agree(one, other):
    """Whether two counts of the same size may come from one distribution: chi-square beyond 1 in 10^6 says no."""
    cells = [(a, b) for a, b in zip(one, other) if a + b]
    scale = math.sqrt(sum(other) / sum(one))
    chi_square = sum((a * scale - b / scale) ** 2 / (a + b) for a, b in cells)
    degrees = len(cells) - 1
    if degrees == 0:
        return True
    # Wilson and Hilferty: the cube root of chi-square over its degrees is nearly normal
    z = ((chi_square / degrees) ** (1 / 3) - (1 - 2 / (9 * degrees))) / math.sqrt(2 / (9 * degrees))
    return z < 4.75
