"""Calls out of the client's namespace. A line of JSON is a command, and is answered by a line. It ends with its input.

    agent.py dosai|curl|openai-python
"""
import importlib, json, os, pathlib, queue, signal, subprocess, sys, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Wire"))
KEY, MESSAGES = "sk-network", [{"role": "user", "content": "hi"}]
PAUSE = 4  # seconds between the two calls of Curl's "warm"


class Dosai:
    def __init__(self, base_url, ca, words=1, **options):
        self.wire = importlib.import_module("wire")
        request = {"model": "m", "messages": [{"role": "user", "content": "hi " * words}]}
        self.client = self.wire.Client(base_url, request, ca_file=ca, allow_insecure_http=1, **options)
        assert self.client.status == "OK", self.client.error

    def call(self, face):
        seen = self.client.see(face)
        error, whole = seen["error"] or {}, seen["completion"] or {}
        completion = whole or error.get("completion") or {}
        attempts = (error or whole)["attempts"]
        return {"status": seen["status"], "clock": error.get("clock"), "message": error.get("message"), "attempts": len(attempts),
                "statuses": [one["status"] for one in attempts], "waits": sum(one["delay"] for one in attempts) / 1e3,
                "text": "".join(choice["content"] or "" for choice in completion.get("choices", []))}

    def warm(self, connections):
        return {"status": self.wire.name_of(self.wire.ffi.dosai_client_warm(self.client.handle, connections, None, None))}

    def first_token(self):
        """The seconds until the first token of a stream."""
        ffi, timings = self.wire.ffi, self.wire.sized(self.wire.ffi.dosai_timings)
        completion = ffi.dosai_completion()
        status = ffi.dosai_chat_stream(self.client.handle, self.client.request, None, ffi.dosai_chunk_fn(lambda *_: 0), None,
                                       self.wire.byref(completion), None)
        assert status == ffi.OK, self.wire.name_of(status)
        assert ffi.dosai_completion_timings(completion, self.wire.byref(timings)) == ffi.OK
        ffi.dosai_completion_free(completion)
        return {"seconds": timings.first_token_us / 1e6, "reused": timings.reused_connection}

    def many(self, count):
        """So many streams at once in the loop of a call before."""
        return self.submit([self.client.handle] * count)

    def beside(self, base_url, limit, **options):
        """A stream of the client and one to another URL, which begins first, in a loop with a limit to the connections per host."""
        ffi, settings = self.wire.ffi, self.wire.sized(self.wire.ffi.dosai_loop_options)
        settings.max_connections_per_host = limit
        assert ffi.dosai_loop_new(self.wire.byref(settings), self.wire.byref(self.client.loop), None) == ffi.OK
        other = self.wire.Client(base_url, allow_insecure_http=1, **options)
        return self.submit([other.handle, self.client.handle])

    def submit(self, clients):
        """A stream each, at once: the status and the number of attempts of each, and the seconds until its end."""
        ffi, started = self.wire.ffi, time.monotonic()
        ends, times = [None] * len(clients), [None] * len(clients)

        @ffi.dosai_event_fn
        def on_event(event, _):
            event = event.contents
            times[event.tag] = time.monotonic() - started
            if event.kind == ffi.EVENT_ERROR:
                status = self.wire.name_of(ffi.dosai_error_status(event.error))
                ends[event.tag] = [status, ffi.dosai_error_attempt_count(event.error)]
            elif event.kind == ffi.EVENT_COMPLETION:
                ends[event.tag] = ["OK", ffi.dosai_completion_attempt_count(event.completion)]
            return 0
        for tag, client in enumerate(clients):
            submit = ffi.dosai_loop_submit_stream
            assert submit(self.client.loop, client, self.client.request, None, tag, None, None) == ffi.OK
        while None in ends:
            self.client.step(on_event)
        return {"ends": ends, "times": times}

    def close(self):
        self.client.__exit__()


class OpenAI:
    def __init__(self, base_url, ca):
        import openai
        os.environ["SSL_CERT_FILE"] = ca
        self.attempts, self.failure = 0, openai.OpenAIError
        self.http = openai.DefaultHttpxClient(event_hooks={"request": [self.count]})
        self.client = openai.OpenAI(base_url=base_url, api_key=KEY, http_client=self.http)

    def count(self, _):
        self.attempts += 1

    def call(self, face):
        text, status, self.attempts = "", "OK", 0
        try:
            if face == "unary":
                text = self.client.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content
            else:
                for chunk in self.client.chat.completions.create(model="m", messages=MESSAGES, stream=True):
                    text += chunk.choices[0].delta.content or ""
        except Exception as error:  # httpx's own too: of a stream that breaks
            status = type(error).__name__
        return {"status": status, "text": text, "attempts": self.attempts}


class Curl:
    """The tool, with the connect clock that the others have."""

    def __init__(self, base_url, ca):
        self.url = base_url + "/chat/completions"
        self.command = ["curl", "-sS", "--cacert", ca, "--connect-timeout", "10", "-H", "Content-Type: application/json", "-w",
                        "%{stderr}%{time_total}\n"]

    def call(self, face):
        warm = face == "warm"
        body = {"model": "m", "messages": MESSAGES, "stream": face != "unary"}
        pace = ["--rate", "%d/m" % (60 / PAUSE)] if warm else []
        ran = subprocess.run([*self.command, *pace, "-d", json.dumps(body), *[self.url] * (1 + warm)], capture_output=True, text=True)
        events = [json.loads(line[6:]) for line in ran.stdout.splitlines() if line.startswith("data: {")]
        pieces = [event["choices"][0]["delta"].get("content", "") for event in events]
        return {"status": "exit %d" % ran.returncode if ran.returncode else "OK", "attempts": 1,
                "text": "".join(pieces[len(pieces) // 2 if warm else 0:]), "seconds": float(ran.stderr.split()[-1])}


def read_lines(lines):
    for line in sys.stdin:
        lines.put(json.loads(line))
    os.killpg(0, signal.SIGKILL)  # with what it has started


def main(made):
    lines, client = queue.Queue(), None
    threading.Thread(target=read_lines, args=(lines,), daemon=True).start()
    while True:
        command = lines.get()
        verb, started = command.pop("do"), time.monotonic()
        if verb == "new":
            client, answer = made(**command), {}
        else:
            answer = getattr(client, verb)(**command) or {}
        print(json.dumps({"seconds": time.monotonic() - started, **answer}), flush=True)


if __name__ == "__main__":
    main({"dosai": Dosai, "curl": Curl, "openai-python": OpenAI}[sys.argv[1]])
