"""A connection to the loopback server: it finds the script of a request, and counts."""
from dosai_testing._connection import Connection
from dosai_testing._steps import steps_of


class ScriptConnection(Connection):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.used = set()

    def serve_one(self):
        request = self.read_head()
        path = request.path if request.path.startswith("/") else "/" + request.path.split("/", 3)[-1]
        place, _, rest = path.partition("?")[0][1:].partition("/")
        if place == "s":
            name = rest.partition("/")[0]
            script = self.server.script(name)
            reads = not isinstance(script, dict) or script.get("read_body", True)
            if isinstance(script, dict):
                self.do_sleep_ms(script.get("read_after_ms", 0))
            if reads:
                self.read_body(request)
            self.used.add(name)
            number = self.server.count(name, self, request)
            if callable(script):
                script = script(request)
            if isinstance(script, dict) and "replies" in script:
                script = script["replies"][min(number, len(script["replies"]) - 1)]
            self.piece = int(name.partition("~")[0].partition(".cut")[2] or 0)
            self.name = name
            steps = steps_of(script)
            self.server.playing(name, 1)
            try:
                self.play(steps[:-1])
            finally:  # before the last step: once a client has that, it may send the next request
                self.server.playing(name, -1)
            self.play(steps[-1:])
            self.piece = None
            if not reads:
                self.do_hold(True)
        else:
            self.read_body(request)
            self.play(steps_of(self.server.manage(place, rest, request)))

    def do_read(self, _):
        request = self.read_head()
        self.read_body(request)
        self.server.count(self.name, self, request)

    def do_mark(self, _):
        self.server.mark(self.name)

    def do_call(self, function):
        function()
