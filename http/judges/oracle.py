"""Holds our server's parser against h11's: the same bytes, cut anywhere, are a request for both or for neither.

Each case goes to the server in the pieces that a seed says; h11 gets them too. Where they differ, DIFFERENCES says why; else it fails.
"""
import random
import socket
import sys

import h11

HOST, PORT, CASES = "127.0.0.1", int(sys.argv[1]), int(sys.argv[2])
# Stricter than h11 on purpose: (what marks the case, why)
DIFFERENCES = {
    "bare-lf": "h11 takes LF for the end of a line, we take CRLF alone (RFC 9112, 2.2 lets us)",
    "host": "h11 takes any value of Host, we refuse what names no host",
    "target": "h11 does not look into the target, we refuse what is none",
    "version": "h11 takes HTTP/1.9 and 2.0 for 1.1",
    "te-cl": "h11 lets Transfer-Encoding win over Content-Length, we refuse both together",
    "te-10": "h11 takes chunks of HTTP/1.0, we refuse them",
    "value": "h11 takes control characters and obsolete folding in values, we refuse both",
    "method": "h11 takes CONNECT and methods of any case; CONNECT is refused by our router",
    "extension": "h11 does not look into chunk extensions",
    "leading": "h11 takes no empty line before a request, we skip one (RFC 9112, 2.2)",
    "blank": "h11 takes blanks behind a length or a chunk size that the grammar has not",
    "trailer": "h11 takes trailers that may not be one",
}


def generate(rng):
    """Bytes, and marks of what is odd in them."""
    marks = set()
    method = rng.choice(["GET", "POST", "PUT", "DELETE", "OPTIONS"])
    target = rng.choice(["/hello", "/", "/a?b=c", "/%41"] * 6 + ["/a b", "a", "/\x7f", "http://a/hello"])
    if target in ("/a b", "a", "/\x7f"):
        marks.add("target")
    version = rng.choice(["HTTP/1.1"] * 30 + ["HTTP/1.0", "HTTP/1.9", "HTTP/2.0", "http/1.1"])
    if version in ("HTTP/1.9", "HTTP/2.0"):
        marks.add("version")
    fields = []
    hosts = rng.choice([["a"]] * 40 + [["a", "b"], [], ["a,b"], [""], ["a/b"], ["a@b"]])
    if hosts not in (["a"], [], ["a", "b"]):
        marks.add("host")
    fields += [("Host", each) for each in hosts]
    body = b""
    framing = rng.choice(["none"] * 3 + ["length"] * 3 + ["chunked"] * 3 + ["both", "lengths", "badlength", "te"])
    data = bytes(rng.choice(b"abc\r\n") for _ in range(rng.randrange(20)))

    def chunks():
        size = b"%x" % len(data)
        odd = rng.randrange(12)
        if odd == 0:
            size = b"0x" + size
        elif odd == 1:
            size = b"+" + size
        elif odd == 2:
            size += b";a=b"
        elif odd == 3:
            size += b";a=\x01"
            marks.add("extension")
        elif odd == 4:
            size += b" "
            marks.add("blank")
        elif odd == 5:
            size = b"0" * 30 + size
        end = rng.choice([b"\r\n"] * 8 + [b"X: 1\r\n\r\n", b"Content-Length: 3\r\n\r\n", b"X 1\r\n\r\n"])
        if b"Content-Length" in end:
            marks.add("trailer")
        whole = size + b"\r\n" + data + b"\r\n" if data else b""
        return whole + b"0\r\n" + end

    if framing == "length":
        fields.append(("Content-Length", str(len(data))))
        body = data
    elif framing == "chunked":
        fields.append(("Transfer-Encoding", rng.choice(["chunked"] * 6 + ["Chunked"])))
        body = chunks()
        if version == "HTTP/1.0":
            marks.add("te-10")
    elif framing == "both":
        fields += [("Content-Length", str(len(data))), ("Transfer-Encoding", "chunked")]
        body = chunks()
        marks.add("te-cl")
    elif framing == "lengths":
        fields += [("Content-Length", str(len(data))), ("Content-Length", str(len(data) + rng.randrange(2)))]
        body = data
        marks.add("blank")
    elif framing == "badlength":
        fields.append(("Content-Length", rng.choice(["-1", "+5", "5x", "0x5", "", "1 1", "9" * 30])))
        marks.add("blank")
    elif framing == "te":
        fields.append(("Transfer-Encoding", rng.choice(["xchunked", "gzip, chunked", "chunked, gzip", "identity", ""])))
        marks.add("te-10")
    for _ in range(rng.randrange(3)):
        name = rng.choice(["X-A", "Accept", "a!b"] * 8 + ["a b", "", "X:", "X\x00"])
        value = rng.choice(["1", "", " b ", "b\tc"] * 6 + ["b\x00", "b\x01", "b\xe9", "b\r\n c"])
        if value in ("b\x01", "b\xe9", "b\r\n c"):
            marks.add("value")
        fields.append((name, value))
    end = "\n" if rng.randrange(15) == 0 else "\r\n"
    if end == "\n":
        marks.add("bare-lf")
    head = ("\r\n" if rng.randrange(20) == 0 else "") + "%s %s %s%s" % (method, target, version, end)
    if head.startswith("\r\n"):
        marks.add("leading")
    colon = rng.choice([":", ": "] * 5 + [" : "])
    head += "".join(name + colon + value + end for name, value in fields) + end
    return head.encode("latin-1") + body, marks


def pieces(rng, data):
    cuts = sorted(rng.sample(range(1, len(data)), min(rng.randrange(4), len(data) - 1)))
    return [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)])]


def by_h11(parts):
    connection = h11.Connection(h11.SERVER)
    try:
        for part in parts:
            connection.receive_data(part)
            while True:
                event = connection.next_event()
                if event in (h11.NEED_DATA, h11.PAUSED):
                    break
                if isinstance(event, h11.EndOfMessage):
                    return "taken"
        return "more"
    except h11.RemoteProtocolError:
        return "refused"


def by_gyre(parts):
    with socket.create_connection((HOST, PORT), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while True:
                more = connection.recv(65536)
                if not more:
                    break
                answer += more
        except (ConnectionResetError, BrokenPipeError):
            pass
    status = answer[9:12]
    # What is missing here is a matter of the handler, not of the parser.
    if not answer:
        return "more"
    return "refused" if status in (b"400", b"431", b"413", b"501", b"505", b"414") else "taken"


def main():
    counts, explained, failed = {}, {}, 0
    for seed in range(CASES):
        rng = random.Random(seed)
        data, marks = generate(rng)
        parts = pieces(rng, data)
        expected, whole, actual = by_h11(parts), by_h11([data]), by_gyre(parts)
        if expected != whole:
            print("h11 depends on the cuts:", seed)
        if actual != by_gyre([data]):
            failed += 1
            print("FAILED  seed %d: depends on the cuts: %r" % (seed, data))
        same = actual == expected or {actual, expected} == {"refused", "more"}
        if same:
            counts[actual] = counts.get(actual, 0) + 1
        elif marks and (actual == "refused" or "leading" in marks):
            for mark in marks:
                explained[mark] = explained.get(mark, 0) + 1
        else:
            failed += 1
            print("FAILED  seed %d: h11 says %s, we say %s: %r" % (seed, expected, actual, data))
    print("agreed:", counts)
    for mark in sorted(explained):
        print("differed, %d times with this: %s" % (explained[mark], DIFFERENCES[mark]))
    print("h11", h11.__version__, "-", CASES, "cases,", failed, "unexplained")
    sys.exit(1 if failed else 0)


main()
