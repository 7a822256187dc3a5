"""As much of Swift's grammar as mutants need: tokens, and statements with the braces that they stand in."""
import re

TOKEN = re.compile(r"""
    (?P<blank>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<string>\"\"\".*?\"\"\"|"(?:\\.|[^"\\\n])*")
  | (?P<number>0x[0-9A-Fa-f_]+|[0-9][0-9_]*(?:\.[0-9]+)?)
  | (?P<word>[@\#]?[A-Za-z_]\w*|\$[0-9]+|`\w+`)
  | (?P<operator>\.\.[.<]|[/=\-+!*%<>&|^~?]+)
  | (?P<mark>.)
""", re.X | re.S)
MODIFIERS = {"package", "public", "private", "fileprivate", "internal", "static", "final", "mutating", "unowned", "lazy"}
CONTROL = {"if", "else", "for", "while", "repeat", "do", "catch", "guard", "defer"}
TYPES = {"struct", "class", "enum", "extension", "protocol"}
DECLARATIONS = {"func", "init", "deinit", "subscript", "var", "let"}
ACCESSORS = {"get", "set", "willSet", "didSet"}
PAIRS = {"(": ")", "[": "]", "{": "}"}


class Token:
    def __init__(self, kind, text, start, before, fresh):
        self.kind, self.text, self.start, self.end = kind, text, start, start + len(text)
        self.before, self.after = before, False  # whether a blank stands there
        self.fresh = fresh  # the first of its line
        self.pair = None  # of a bracket: the place of the other


def tokens_of(text):
    found, before, fresh, opened = [], True, True, []
    for match in TOKEN.finditer(text):
        if match.lastgroup == "blank":
            before, fresh = True, fresh or "\n" in match[0]
            if found:
                found[-1].after = True
            continue
        token = Token(match.lastgroup, match[0], match.start(), before, fresh)
        if token.text in PAIRS:
            opened.append(len(found))
        elif token.text in PAIRS.values():
            token.pair = opened.pop()
            found[token.pair].pair = len(found)
        found.append(token)
        before = fresh = False
    return found


class Body:
    """The braces of a function, an accessor or a closure. `result`: its type as it is written, "": none, None: unknown."""
    def __init__(self, brace, word, result):
        self.brace, self.word, self.result = brace, word, result
        self.statements = []  # those that are not within others


class Statement:
    def __init__(self, first, block, body):
        self.first = self.last = first
        self.block = block  # what it stands in: "type", "control", "switch", "guard", "body"
        self.body = body
        self.word = ""  # which says what it is
        self.braces = []  # its own, without those of closures


class Source:
    def __init__(self, text):
        self.text, self.tokens = text, tokens_of(text)
        self.statements, self.bodies = [], []
        self._block(0, len(self.tokens), "type", None)

    def at(self, place):
        return self.tokens[place].text if 0 <= place < len(self.tokens) else ""

    def skip(self, place):
        """The place behind a token, or behind its brackets."""
        return (self.tokens[place].pair if self.at(place) in PAIRS else place) + 1

    def _block(self, at, end, block, body):
        while at < end:
            if self.at(at) == ";":
                at += 1
                continue
            statement = Statement(at, block, body)
            at = self._statement(statement, at, end)
            statement.last = at - 1
            self.statements.append(statement)
            if block == "body":
                body.statements.append(statement)

    def _word(self, at, end):
        while at < end:
            if self.at(at).startswith("@"):
                at = self.skip(at + 1) if self.at(at + 1) == "(" else at + 1
            elif self.at(at) in MODIFIERS:
                at = self.skip(at + 1) if self.at(at + 1) == "(" else at + 1
            elif self.at(at + 1) == ":" and self.at(at) != "default":
                at += 2  # a label
            else:
                return self.at(at)
        return ""

    def _statement(self, statement, at, end):
        """The place behind it."""
        begin, statement.word = at, self._word(at, end)
        word = statement.word
        if statement.block == "switch" and word in ("case", "default"):
            while self.at(at) != ":":
                at = self.skip(at)
            return at + 1
        while at < end:
            token = self.tokens[at]
            if at > begin and (token.text == ";" or token.fresh and not self._goes_on(at)):
                break
            if token.text in ("(", "["):
                for place in range(at + 1, token.pair):
                    if self.at(place) == "{" and not any(body.brace == place for body in self.bodies):
                        self._closure(place)
                at = token.pair + 1
            elif token.text != "{":
                at += 1
            elif word in CONTROL | TYPES | {"switch"} or self._is_declaration(begin, at, word):
                statement.braces.append(at)
                self._braces(statement, begin, at, word)
                at = token.pair + 1
                if self.at(at) in ("else", "catch") or word == "repeat":
                    word = self.at(at)
                elif at < end and self.at(at) == "{" and word == "if":
                    pass
                else:
                    break
            else:
                self._closure(at)
                at = token.pair + 1
        return at

    def _goes_on(self, at):
        """Whether the line that begins here belongs to the statement before."""
        token, last = self.tokens[at], self.tokens[at - 1]
        return (token.text in (".", "else", "throws", "where", "{", "->", ":") or token.kind == "operator" and token.after
                or last.text in (",", "return", "->", ":") or last.kind == "operator" and last.before)

    def _is_declaration(self, begin, at, word):
        if word in ACCESSORS:
            return True
        place = begin
        while word in DECLARATIONS and place < at:
            if self.at(place) == "=":
                return False
            place = self.skip(place)
        return word in DECLARATIONS

    def _braces(self, statement, begin, at, word):
        end = self.tokens[at].pair
        if word in CONTROL or word == "switch":
            return self._block(at + 1, end, word if word in ("switch", "guard") else "control", statement.body)
        if word in TYPES or self.at(at + 1) in ACCESSORS:
            return self._block(at + 1, end, "type", None)
        self._body(Body(at, word, None if word in ACCESSORS else self._result(begin, at, word)), at + 1)

    def _body(self, body, first):
        self.bodies.append(body)
        self._block(first, self.tokens[body.brace].pair, "body", body)

    def _closure(self, at):
        first = at + 1
        for place in range(at + 1, self.tokens[at].pair):
            if self.at(place) == "in":
                first = place + 1
            if self.at(place) in ("in", "{", "for", "=", ";"):
                break
        self._body(Body(at, "closure", None), first)

    def _result(self, begin, at, word):
        place, mark = begin, None
        while place < at:
            if self.at(place) == ("->" if word in ("func", "subscript") else ":"):
                mark = place
            if self.at(place) == "where":
                at = place
            place = self.skip(place)
        return "" if mark is None else self.text[self.tokens[mark].end:self.tokens[at].start].strip()
