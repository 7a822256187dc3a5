"""The places of a source that can be made wrong, and what each would be: an operator, a condition, a constant, a result,
a statement. Where `mutant(number)` is true, the wrong one is taken."""
import collections, re

from swift import Source

WRONG = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "===": "!==", "!==": "===", "&&": "||", "||": "&&",
         "+": "-", "-": "+", "&+": "&-", "&-": "&+", "+=": "-=", "-=": "+=", "*": "/", "/": "*", "%": "*", "<<": ">>", ">>": "<<",
         "&>>": "&<<", "&": "its left", "|": "its left"}
ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", ">>=", "<<="}
KEPT = {"let", "var", "func", "if", "guard", "for", "while", "repeat", "do", "switch", "case", "default", "return", "throw",
        "struct", "class", "enum", "extension", "import", "typealias", "precedencegroup", "init", "deinit", "subscript"}
VALUES = {"Bool": ["true", "false"], "Int": ["0"], "Int32": ["0"], "Int64": ["0"], "UInt": ["0"], "UInt64": ["0"], "Bytes": [".empty"]}

# What is put in: at `start`, in place of `length` bytes, `text`, in which # stands for the number. Of several at one
# place those that close come first, the inner before the outer; then those that open.
Edit = collections.namedtuple("Edit", "start length text level")
Place = collections.namedtuple("Place", "kind helper line what edits")


def digits(number):
    """The number in characters that an operator may have."""
    return "".join(chr(0x2500 + int(digit)) for digit in str(number))


class Places:
    def __init__(self, text):
        self.source = Source(text)
        self.tokens = self.source.tokens
        self.found, self.same = [], collections.Counter()
        self.frozen = self._frozen()
        self._operators()
        self._literals()
        for statement in self.source.statements:
            self._conditions(statement)
            self._statement(statement)
        for body in self.source.bodies:
            self._results(body)

    def _add(self, kind, helper, at, what, *edits):
        line = self.source.text.count("\n", 0, at) + 1
        self.same[line, what] += 1
        which = self.same[line, what]
        self.found.append(Place(kind, helper, line, what + (" (%d)" % which if which > 1 else ""), edits))

    def _frozen(self):
        """The tokens that have to stay: of attributes, patterns of enums, types."""
        frozen = set()
        for at, token in enumerate(self.tokens):
            if token.text.startswith("@") and self.source.at(at + 1) == "(":
                frozen.update(range(at, self.source.skip(at + 1)))
        for statement in self.source.statements:
            if statement.block == "type" and statement.word in ("case", "import"):
                frozen.update(range(statement.first, statement.last + 1))
        return frozen

    def _operators(self):
        for at, token in enumerate(self.tokens):
            if token.kind != "operator" or at in self.frozen:
                continue
            start, text = token.start, token.text
            if token.before and token.after and text in WRONG:
                self._add("operator", text, start, "`%s` becomes %s" % (text, WRONG[text] if " " in WRONG[text] else "`%s`" % WRONG[text]),
                          Edit(start, len(text), text + "@", 2))
            elif token.before and token.after and text == "?":
                end = self.tokens[at - 1].end
                self._add("condition", "flip", start, "`?` turned round", Edit(end, 0, " ⇄@ true", -6))
            elif text == "!" and not token.after and (token.before or self.source.at(at - 1) in ("(", "[", "{")):
                self._add("condition", "!", start, "`!` taken out", Edit(start, 1, "!@", 2))

    def _literals(self):
        for at, token in enumerate(self.tokens):
            last = self.tokens[at - 1] if at else token
            if at in self.frozen or last.text == "." or last.text == "<" and not last.before:
                continue
            if token.kind == "number" and "." not in token.text:
                value = int(token.text.replace("_", ""), 0)
                minus = last.text == "-" and not last.after
                helper, what = ("half", "half") if value >= 1000 else ("less", "one less") if minus else ("more", "one more")
                self._add("constant", helper, token.start, "`%s`: %s" % (token.text, what), Edit(token.start, 0, helper + "#(", 2),
                          Edit(token.end, 0, ")", -9))
            elif token.text in ("true", "false") and last.text != "while":
                other = "!mutant(#)" if token.text == "true" else "mutant(#)"
                self._add("constant", "", token.start, "`%s` turned round" % token.text, Edit(token.start, len(token.text), other, 2))
            elif token.text in ("min", "max") and last.text not in (".", "func") and self.source.at(at + 1) == "(" and not token.after:
                other = {"min": "max", "max": "min"}[token.text]
                self._add("operator", token.text, token.start, "`%s` becomes `%s`" % (token.text, other),
                          Edit(token.end, 0, "#", -9))

    def _conditions(self, statement):
        """Of `if`, `while`, `guard`, and what stands behind `where`."""
        at, begin = statement.first, None
        stops = {brace for brace in statement.braces}
        while at <= statement.last:
            text = self.source.at(at)
            if text in ("if", "while", "guard") or text == "where" and statement.word == "for":
                begin = at + 1
                word = text
            if begin is not None and (at in stops or text == "," or text == "else"):
                self._clause(begin, at - 1, word)
                begin = at + 1 if text == "," else None
            at = self.source.skip(at)

    def _clause(self, first, last, word):
        if last < first or self.source.at(first) in ("let", "var", "case", "try") or self.source.at(first).startswith("#"):
            return
        end = self.tokens[last].end
        start = self.tokens[first].start
        text = " ".join(self.source.text[start:end].split())
        if word == "guard":
            self._add("condition", "pass", start, "`%s` not asked for" % text, Edit(end, 0, " ⇥@ true", -5))
        else:
            self._add("condition", "flip", start, "`%s` turned round" % text, Edit(end, 0, " ⇄@ true", -5))

    def _statement(self, statement):
        first, last, body = self.tokens[statement.first], self.tokens[statement.last], statement.body
        if body is None or statement.block in ("type", "guard"):
            return  # a guard's braces have to be left
        if statement.word == "defer":
            brace = self.tokens[statement.braces[0]]
            return self._remove(first.start, brace.end, self.tokens[brace.pair].start)
        tops, at = [], statement.first
        while at <= statement.last:
            tops.append(self.tokens[at])
            at = self.source.skip(at)
        assigns = any(token.text in ASSIGNMENTS and token.before for token in tops)
        calls = last.text in (")", "}") and len(tops) > 1 and not statement.braces
        bare = first.text in ("break", "continue") or first.text == "return" and statement.first == statement.last
        if not bare:
            if first.kind != "word" or first.text in KEPT or first.text[0] in "@#" or not (assigns or calls):
                return
            if not assigns and body.result != "" and self._may_be_value(statement, body):
                return
            if assigns and self._begins(tops, body):
                return
        self._remove(first.start, first.start, last.end)

    def _remove(self, at, start, end):
        self._add("statement", "", at, "taken out: `%s`" % " ".join(re.sub("//.*", "", self.source.text[start:end]).split())[:60],
                  Edit(start, 0, " if !mutant(#) { ", 0), Edit(end, 0, " }", -1))

    def _may_be_value(self, statement, body):
        """Whether a call may be what its body gives without the word `return`."""
        if body.word == "closure":
            return statement.block == "switch" or not body.statements or statement.first >= body.statements[-1].first
        return len(body.statements) == 1

    def _begins(self, tops, body):
        """Whether an assignment may be the first of what has to have a value."""
        name = "".join(token.text for token in tops[:[token.text for token in tops].index("=")]) if "=" in (
            token.text for token in tops) else ""
        name = name.removeprefix("self.")
        if body.word == "init" and name.isidentifier():
            return True
        return bool(re.search(r"\b(let|var) %s: [^={]*$" % re.escape(name), self.source.text, re.M))

    def _results(self, body):
        result = body.result
        if not result or body.word not in ("func", "var", "subscript") or not body.statements:
            return
        values = ["nil"] if result.endswith("?") else ["[]"] if result.startswith("[") else VALUES.get(result, [])
        brace, only = self.tokens[body.brace], len(body.statements) == 1
        word = body.statements[0].word
        if only and word in ("switch", "if") and "return" not in (token.text for token in self.tokens[body.brace:brace.pair]):
            return
        returns = "" if not only or word in KEPT else " return"
        for value in values:
            self._add("result", "", brace.start, "gives `%s`" % value,
                      Edit(brace.end, 0, " if mutant(#) { return %s };%s" % (value, returns), 1))


def places_of(text):
    return Places(text).found
