"""What a header in the style of include/dosai.h declares, by its text."""
import re


class Header:
    def __init__(self, path):
        text = open(path, encoding="utf-8").read()
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        self.macros = [name for name in re.findall(r"^#define (DOSAI_\w+) \S", text, flags=re.M) if name != "DOSAI_API"]
        text = re.sub(r"^[ \t]*#.*(\\\n.*)*$", "", text, flags=re.M)
        self.handles = re.findall(r"typedef struct (\w+) \1;", text)
        self.structs = {name: [declared(field)[1] for field in split(body, ";")]
                        for body, name in re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);", text, flags=re.S)}
        self.enumerators = [name.split("=")[0].strip() for body in re.findall(r"\benum \{(.*?)\}", text, flags=re.S)
                            for name in split(body, ",")]
        self.functions = {}
        for result, name, arguments in re.findall(r"DOSAI_API\b([^;(]*?)(\w+)\(([^;]*)\);", text):
            pairs = [] if arguments.strip() == "void" else [declared(each) for each in split(arguments, ",")]
            self.functions[name] = (" ".join(result.split()), pairs)


def split(text, mark):
    return [" ".join(part.split()) for part in text.split(mark) if part.strip()]


def declared(text):
    """The type and the name of a field or an argument."""
    pointer = re.match(r"(.*)\(\*(\w+)\)(\(.*\))$", text)
    if pointer:
        return pointer[1] + "(*)" + pointer[3], pointer[2]
    kind, name = re.match(r"(.*?)(\w+)$", text).groups()
    return kind.strip(), name
