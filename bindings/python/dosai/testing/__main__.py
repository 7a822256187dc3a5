"""A Chat Completions server for tests, on loopback.

Give one of --reply, --script and --cassette. With a command, the server runs as long as the command, which finds it in
DOSAI_BASE_URL; a SIGTERM is passed on to it, and the exit status is that of the command. Without one, the server prints
its base URL (with TLS, also the file of its authority) and runs until it is interrupted. The exit status is 1 if a
request came that no reply was for.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from typing import Optional

from ._cassette import MODES, SPEEDS
from ._replies import from_json
from ._server import Server, UnmatchedRequest


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dosai.testing", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--reply", metavar="TEXT", help="the model says this, to every request")
    what.add_argument("--script", metavar="FILE", help="a JSON list of replies, for one request each")
    what.add_argument("--cassette", metavar="FILE", help="recorded exchanges, which are replayed")
    parser.add_argument("--upstream", metavar="URL", help="the base URL of the server that is recorded")
    parser.add_argument("--mode", choices=MODES, default="once", help="of the cassette (once: record if there is none)")
    parser.add_argument("--speed", choices=SPEEDS, default="recorded", help="of the replay (recorded)")
    parser.add_argument("--redact-prompts", action="store_true", help="record no request's body, only its SHA-256")
    parser.add_argument("--keep-keys", action="store_true", help="record keys, too")
    parser.add_argument("--port", type=int, default=0, help="a free one unless given")
    parser.add_argument("--tls", action="store_true", help="https, with a new authority (needs dosai[testing])")
    parser.add_argument("--http2", action="store_true", help="HTTP/2 over TLS (needs dosai[testing])")
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="after --, with its arguments")
    return parser.parse_args()


def prepare(server: Server, options: argparse.Namespace) -> None:
    if options.reply is not None:
        server.reply(options.reply, times=None)
    elif options.script:
        with open(options.script, encoding="utf-8") as file:
            replies = json.load(file)
        if not isinstance(replies, list):
            raise ValueError("the script is not a list of replies")
        server.reply(*map(from_json, replies))
    else:
        server.use_cassette(options.cassette, options.upstream, mode=options.mode, speed=options.speed,
                            redact_keys=not options.keep_keys, redact_prompts=options.redact_prompts)


def serve(server: Server, command: list[str]) -> int:
    if not command:
        print(server.base_url, *filter(None, [server.ca_file]), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
        return 0
    extra = {"DOSAI_BASE_URL": server.base_url, "DOSAI_API_KEY": os.environ.get("DOSAI_API_KEY", "sk-test")}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    child: Optional[subprocess.Popen[bytes]] = None
    early: list[int] = []  # a SIGTERM before the command can get it

    def end(number: int, _: object) -> None:
        if child is None:
            early.append(number)
        else:
            child.terminate()

    # The command has a SIGINT, too, and would inherit SIG_IGN, as it does if that is set already.
    for number, handler in ((signal.SIGINT, lambda *_: None), (signal.SIGTERM, end)):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)
    child = subprocess.Popen(command, env={**os.environ, **extra})
    if early:
        child.terminate()
    status = child.wait()
    return status if status >= 0 else 128 - status


def main() -> int:
    options = arguments()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})  # for all threads: sigwait takes them
    server = Server(port=options.port, tls=options.tls, http2=options.http2)
    try:
        with server:
            prepare(server, options)
            status = serve(server, options.command)
    except UnmatchedRequest:
        for problem in server.unmatched:
            print("dosai.testing: " + problem, file=sys.stderr)
        return status or 1
    except (OSError, OverflowError, ValueError, TypeError, ImportError) as error:
        sys.exit("dosai.testing: %s" % error)
    return status


if __name__ == "__main__":
    sys.exit(main())
