import random
import socket
import struct

from aims import AIMS, attempt
from lab import app

MPTCP, FAST_OPEN = 262, 0x20000000


def stream(family, address, protocol=0):
    with socket.socket(family, socket.SOCK_STREAM, protocol) as client:
        client.settimeout(0.3)
        client.connect(address)
    return address


def datagram(family, address):
    """Sending may seem to succeed where it leads nowhere; the other end tells whether anything came."""
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.sendto(b"hello", address)


def fast_open():
    with socket.socket() as client:
        client.sendto(b"hello", FAST_OPEN, ("127.0.0.1", AIMS["tcp"]))
    return True


def connected_datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", AIMS["udp"]))
        client.send(b"hello")


def message(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendmsg([b"hello"], [], 0, address)


def name_lookup():
    """A question to a name server, as sent by hand."""
    question = struct.pack(">6H", 1, 0x100, 1, 0, 0, 0) + b"\6secret\7example\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(question, ("127.0.0.1", AIMS["udp"]))


if __name__ == "__main__":
    attempt("tcp", stream, socket.AF_INET, ("127.0.0.1", AIMS["tcp"]))
    attempt("tcp6", stream, socket.AF_INET6, ("::1", AIMS.get("tcp6", 1)))
    attempt("mapped", stream, socket.AF_INET6, ("::ffff:127.0.0.1", AIMS["tcp"]))
    attempt("mptcp", stream, socket.AF_INET, ("127.0.0.1", AIMS["tcp"]), MPTCP)
    attempt("fast open", fast_open)
    attempt("udp", datagram, socket.AF_INET, ("127.0.0.1", AIMS["udp"]))
    attempt("udp6", datagram, socket.AF_INET6, ("::1", AIMS.get("udp6", 1)))
    attempt("connected udp", connected_datagram)
    attempt("message", message, ("127.0.0.1", AIMS["udp"]))
    attempt("dns", name_lookup)
    attempt("abstract", stream, socket.AF_UNIX, "\0" + AIMS["abstract"])
    attempt("abstract datagram", datagram, socket.AF_UNIX, f"\0{AIMS['abstract']}-d")
    attempt("bus", stream, socket.AF_UNIX, AIMS["path_socket"])
    attempt("letters", datagram, socket.AF_UNIX, AIMS["letters"])

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
