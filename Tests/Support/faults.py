"""Where an answer can break, by the names of the fault matrix: a stream or a whole answer, whichever was asked for.

Each fault is a function of the answer's parts, and a script under the name "fault-ID".
"""
import base64

import scripts
from scripts import BOMB, CLOSE, CUT, DONE, END, FINISH, HELLO, HOLD, RESET, WHOLE

PAUSE = {"sleep_ms": 30}  # the client reads what came before
BREAK = WHOLE.index('"object"')  # between two members: blanks may stand here


class Parts:
    def __init__(self, kind, begin, rest, blank):
        self.head = "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nx-request-id: req-1\r\n" % kind
        self.begin, self.rest, self.blank = begin, rest, blank
        self.chunked = {"send": self.head + "Transfer-Encoding: chunked\r\n\r\n"}
        self.until_close = self.head + "Connection: close\r\n\r\n"

    def begun(self, *steps):
        return [self.chunked, {"chunk": self.begin}, *steps]

    def sized(self, length, body):
        return {"send": self.head + "Content-Length: %d\r\n\r\n" % length + body}


STREAM = Parts("text/event-stream", HELLO, FINISH + DONE, ": alive\n\n")
ANSWER = Parts("application/json", WHOLE[:BREAK], WHOLE[BREAK:], " ")


def blanks(parts, times):
    return {"repeat": ["%x\r\n%s\r\n" % (len(parts.blank), parts.blank), times, 20]}


def flood(parts, *steps):
    return [{"send": parts.head}, *steps, CLOSE]


def bomb(parts):
    return {"base64": base64.b64encode(BOMB), "headers": {"Content-Encoding": "gzip"}}


BREAKS = {
    "close-0": lambda parts: [CLOSE], "rst-0": lambda parts: [RESET],
    "part-status": lambda parts: [{"send": "HTTP/1.1 20"}, CLOSE], "stall-0": lambda parts: [HOLD],
    "hdr-fin": lambda parts: [{"send": parts.head}, CLOSE], "hdr-rst": lambda parts: [{"send": parts.head}, PAUSE, RESET],
    "hdr-stall": lambda parts: [{"send": parts.head}, HOLD],
    "body0-fin-chunked": lambda parts: [parts.chunked, CLOSE], "body0-rst": lambda parts: [parts.chunked, PAUSE, RESET],
    "body0-fin-length": lambda parts: [parts.sized(9999, ""), CLOSE],
    "body0-fin-close": lambda parts: [{"send": parts.until_close}, CLOSE],
    "body0-length-0": lambda parts: [parts.sized(0, "")], "body0-stall": lambda parts: [parts.chunked, HOLD],
    "mid-fin-chunked": lambda parts: parts.begun(CLOSE), "mid-rst": lambda parts: parts.begun(PAUSE, RESET),
    "in-chunk": lambda parts: [{"send": parts.chunked["send"] + "fff\r\n" + parts.begin}, CLOSE],
    "bad-chunk": lambda parts: [{"send": parts.chunked["send"] + "zz\r\n" + parts.begin}, CLOSE],
    "bad-second-chunk": lambda parts: parts.begun({"send": "zz\r\n" + parts.rest}, CLOSE),
    "clean-no-done": lambda parts: parts.begun(END),
    "clean-finish-no-done": lambda parts: parts.begun({"chunk": parts.rest.replace(DONE, "")}, END),
    "finish-fin-chunked": lambda parts: parts.begun({"chunk": parts.rest.replace(DONE, "")}, CLOSE),
    "eof-body": lambda parts: [{"send": parts.until_close + parts.begin}, CLOSE],
    "eof-whole": lambda parts: [{"send": parts.until_close + parts.begin + parts.rest}, CLOSE],
    "tls-trunc": lambda parts: [{"send": parts.until_close + parts.begin}, CUT],
    "tls-trunc-chunked": lambda parts: parts.begun(CUT),
    "cl-short": lambda parts: [parts.sized(9999, parts.begin), CLOSE],
    "cl-short-rst": lambda parts: [parts.sized(9999, parts.begin), PAUSE, RESET],
    "cl-long": lambda parts: [parts.sized(5, parts.begin + parts.rest), CLOSE],
    "stall-mid": lambda parts: parts.begun(HOLD),
    "keepalive": lambda parts: parts.begun(blanks(parts, 20), {"chunk": parts.rest}, END),
    "keepalive-stall": lambda parts: parts.begun(blanks(parts, -1)),
    "rst-after-done": lambda parts: parts.begun({"chunk": parts.rest}, END, PAUSE, RESET),
    "rst-for-end": lambda parts: parts.begun({"chunk": parts.rest}, PAUSE, RESET),
    "after-done-hold": lambda parts: parts.begun({"chunk": parts.rest}, HOLD),
    "whole-hold": lambda parts: [parts.sized(len(parts.begin + parts.rest), parts.begin + parts.rest), HOLD],
    "not-http": lambda parts: [{"send": "SSH-2.0-OpenSSH_9.2\r\n"}, CLOSE],
    "bad-status": lambda parts: [{"send": "HTTP/1.1 20 X\r\n\r\n"}, CLOSE],
    "status-999": lambda parts: scripts.error(999, "Odd.", retry_after_ms="20"),
    "hdr-flood": lambda parts: flood(parts, {"repeat": ["x-a: b\r\n" * 1000, 100]}),
    "hdr-one": lambda parts: flood(parts, {"send": "x-a: "}, {"repeat": ["b" * 10000, 100]}),
    "101": lambda parts: [{"send": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"}, HOLD],
    "103-stall": lambda parts: [{"send": "HTTP/1.1 103 Early\r\n\r\n"}, HOLD],
    "100-flood": lambda parts: [{"repeat": ["HTTP/1.1 100 Continue\r\n\r\n" * 1000, 100]}, CLOSE],
    "204": lambda parts: [{"send": "HTTP/1.1 204 No Content\r\n\r\n"}],
    "enc-stack": lambda parts: {"text": parts.begin + parts.rest, "headers": {"Content-Encoding": ", ".join(["gzip"] * 6)}},
    "gzip-bomb": bomb,
}
FAULTS = {
    "fault-" + name: lambda request, broken=broken: broken(STREAM if scripts.wants_stream(request) else ANSWER)
    for name, broken in BREAKS.items()
}
FAULTS["fault-req-rst"] = {"read_body": False, "steps": [RESET]}
FAULTS["fault-req-413"] = dict(scripts.error(413, "Too large."), read_body=False)


# ---- TLS's handshake: functions of the connection, which has not said anything yet

def greeted(end):
    def start(connection):
        connection.receive()
        getattr(connection, "do_" + end)(True)
    return start


def speak_plainly(connection):
    connection.receive()
    connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    connection.do_close(True)


HANDSHAKES = {"stall": lambda connection: connection.do_hold(True), "tls_close": greeted("close"),
              "tls_reset": greeted("reset"), "tls_plain": speak_plainly}
