"""Holds our WebSocket server against wsproto: the same frames, cut anywhere, are the same messages, pings and close for both.

Each case goes to the server, which echoes messages, in the pieces that a seed says; wsproto gets them too. What the server sends back has
to be what wsproto has seen: the messages and pings in order, and then the code of the close.
"""
import random
import socket
import struct
import sys

import wsproto
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

HOST, PORT, CASES = "127.0.0.1", int(sys.argv[1]), int(sys.argv[2])
HANDSHAKE = (
    b"GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
TEXTS = ["", "a", "abc", "\u00e4\u20ac\U0001f600", "x" * 125, "y" * 126, "\u00e4" * 150, "z" * 70000]
BAD_TEXTS = [b"\xff", b"ab\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"ok\xf0\x9f\x98"]
CODES = [1000, 1001, 1002, 1003, 1007, 1011, 3000, 4999] * 2 + [999, 1004, 1005, 1006, 1015, 1016, 2999, 0, 65535]


def frame(rng, opcode, payload, fin=True, rsv=0, odd=False):
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    masked = 0x80
    length = len(payload)
    wide = rng.randrange(1, 3) if odd and rng.randrange(3) == 0 else 0
    if odd and rng.randrange(6) == 0:
        masked = 0
    if length > 65535 or wide == 2:
        head = struct.pack("!BBQ", first, masked | 127, length)
    elif length > 125 or wide == 1:
        head = struct.pack("!BBH", first, masked | 126, length)
    else:
        head = struct.pack("!BB", first, masked | length)
    if not masked:
        return head + payload
    key = bytes(rng.randrange(256) for _ in range(4))
    return head + key + bytes(each ^ key[i & 3] for i, each in enumerate(payload))


def split(rng, payload):
    cuts = sorted(rng.randrange(len(payload) + 1) for _ in range(rng.randrange(3)))
    return [payload[a:b] for a, b in zip([0] + cuts, cuts + [len(payload)])]


def generate(rng):
    frames = []
    is_odd = rng.randrange(2) == 0
    for _ in range(rng.randrange(1, 7)):
        kind = rng.randrange(10)
        if kind < 5:
            is_text = rng.randrange(2) == 0
            if is_text:
                bad = is_odd and rng.randrange(6) == 0
                payload = rng.choice(BAD_TEXTS) if bad else rng.choice(TEXTS).encode()
            else:
                payload = bytes(rng.randrange(256) for _ in range(rng.choice([0, 1, 125, 126, 300])))
            parts = split(rng, payload)
            for i, part in enumerate(parts):
                opcode = (1 if is_text else 2) if i == 0 else 0
                fin = i == len(parts) - 1
                if is_odd and rng.randrange(20) == 0:
                    opcode = rng.choice([0, 1, 2, 3, 7, 11, 15])
                rsv = rng.randrange(1, 8) if is_odd and rng.randrange(25) == 0 else 0
                frames.append(frame(rng, opcode, part, fin, rsv, is_odd and rng.randrange(8) == 0))
                if rng.randrange(4) == 0:
                    frames.append(frame(rng, 9, b"within"))
        elif kind < 8:
            length = rng.choice([0, 1, 125] + [126] * (is_odd and rng.randrange(3) == 0))
            fin = not (is_odd and rng.randrange(8) == 0)
            frames.append(frame(rng, rng.choice([9, 9, 10]), b"p" * length, fin))
        elif kind == 8:
            code = rng.choice(CODES if is_odd else CODES[:16])
            reason = rng.choice([b"", b"why", b"r" * 123] + [b"\xff", b"r" * 124] * is_odd)
            payload = rng.choice([b"", struct.pack("!H", code) + reason, struct.pack("!H", code)] + [b"\x03"] * is_odd)
            frames.append(frame(rng, 8, payload))
    return b"".join(frames)


def pieces(rng, data):
    if len(data) < 2:
        return [data] if data else []
    cuts = sorted(rng.sample(range(1, len(data)), min(rng.randrange(5), len(data) - 1)))
    return [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)])]


def by_wsproto(parts):
    """What it has seen, in order, and the code of its close."""
    connection = Connection(ConnectionType.SERVER)
    seen, message = [], []
    for part in parts:
        connection.receive_data(part)
        for event in connection.events():
            if isinstance(event, (TextMessage, BytesMessage)):
                is_text = isinstance(event, TextMessage)
                message.append(event.data.encode() if is_text else bytes(event.data))
                if event.message_finished:
                    seen.append(("text" if is_text else "bytes", b"".join(message)))
                    message = []
            elif isinstance(event, Ping):
                seen.append(("ping", bytes(event.payload)))
            elif isinstance(event, CloseConnection):
                return seen, int(event.code)
    return seen, None


def by_gyre(parts):
    """What it has sent back, in order, and the code of its close."""
    with socket.create_connection((HOST, PORT), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(HANDSHAKE)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
        head, answer = answer.split(b"\r\n\r\n", 1)
        assert b" 101 " in head, head
        try:
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            while True:
                more = connection.recv(1 << 16)
                if not more:
                    break
                answer += more
        except (ConnectionResetError, BrokenPipeError):
            return None, "reset"
    return parse(answer)


def parse(data):
    seen, at = [], 0
    while at < len(data):
        first, length = data[at], data[at + 1]
        assert first & 0xF0 == 0x80 and length < 128, "an odd frame of the server"
        at += 2
        if length == 126:
            (length,) = struct.unpack_from("!H", data, at)
            at += 2
        elif length == 127:
            (length,) = struct.unpack_from("!Q", data, at)
            at += 8
        payload = data[at : at + length]
        assert len(payload) == length, "the server has sent a part of a frame"
        at += length
        opcode = first & 15
        if opcode == 8:
            assert at == len(data), "something behind a close"
            return seen, struct.unpack("!H", payload[:2])[0] if payload else 1005
        seen.append(({1: "text", 2: "bytes", 10: "ping"}[opcode], payload))
    return seen, None


def main():
    agreed, failed = {}, 0
    for seed in range(CASES):
        rng = random.Random(seed)
        data = generate(rng)
        parts = pieces(rng, data)
        expected, actual = by_wsproto(parts), by_gyre(parts)
        if expected != by_wsproto([data]):
            print("wsproto depends on the cuts:", seed)
        if expected == actual:
            agreed[actual[1]] = agreed.get(actual[1], 0) + 1
        else:
            failed += 1
            short = lambda told: ([(kind, len(payload)) for kind, payload in told[0] or []], told[1])
            print("FAILED  seed %d: wsproto says %s, we say %s: %s" % (seed, short(expected), short(actual), data[:80].hex()))
    print("agreed, by the code of the close:", dict(sorted(agreed.items(), key=str)))
    print("wsproto", wsproto.__version__, "-", CASES, "cases,", failed, "unexplained")
    sys.exit(1 if failed else 0)


main()
