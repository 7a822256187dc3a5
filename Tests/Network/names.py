"""A server for names, one UDP socket. Each name of the tests has its own addresses and its own manners."""
import socket, struct, threading, time

LIVE4, DEAD4, LIVE6, DEAD6 = "198.51.100.2", "198.51.100.3", "2001:db8::2", "2001:db8::3"
A, AAAA = 1, 28
NAMES = {  # by type the addresses, or None: it is never answered
    "one4": {A: [LIVE4]}, "one6": {AAAA: [LIVE6]}, "both": {A: [LIVE4], AAAA: [LIVE6]},
    "dead4-live4": {A: [DEAD4, LIVE4]}, "dead6-live6": {AAAA: [DEAD6, LIVE6]},
    "dead6-live4": {A: [LIVE4], AAAA: [DEAD6]}, "dead4-live6": {A: [DEAD4], AAAA: [LIVE6]},
    "dead4": {A: [DEAD4]}, "dead6": {AAAA: [DEAD6]}, "no-aaaa": {A: [LIVE4], AAAA: None}, "slow": {A: [LIVE4]}, "silent": {A: None, AAAA: None},
}
SLOW = 3  # seconds


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def answer(query):
    """The answer to a query, None for none, and how long to wait with it."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind, = struct.unpack_from("!H", query, at + 1)
    known = NAMES.get(labels[0].lower())
    addresses = (known or {}).get(kind, [])
    if addresses is None:
        return None, 0
    head = query[:2] + struct.pack("!HHHHH", 0x8580 if known else 0x8583, 1, len(addresses), 0, 0)
    records = b"".join(struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(packed(address))) + packed(address) for address in addresses)
    return head + query[12:at + 5] + records, SLOW if labels[0] == "slow" else 0


def serve(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 53))

    def reply(query, client):
        text, wait = answer(query)
        time.sleep(wait)
        if text:
            sock.sendto(text, client)

    def loop():
        while True:
            threading.Thread(target=reply, args=sock.recvfrom(2000), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
