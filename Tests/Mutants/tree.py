"""A copy of the tree with mutants in it, all behind a switch, and its builds."""
import pathlib, platform, re, shutil, subprocess, sys

import places, switch

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/mutants"
TREE = BUILD / "tree"


def rewrite(text, edits):
    """The text with the edits, each of the form (edit, number)."""
    def order(pair):
        edit = pair[0]
        return edit.start, edit.level >= 0, edit.level

    made, at = [], 0
    for edit, number in sorted(edits, key=order):
        put = edit.text.replace("@", places.digits(number)).replace("#", str(number))
        made += [text[at:edit.start], put]
        at = edit.start + edit.length
    made.append(text[at:])
    return "".join(made)


def compiled(text):
    """The numbers of the lines that this system's compiler takes: not those of another, behind an `#if`."""
    names = {"KQUEUE": False, "arch": lambda name: name == {"aarch64": "arm64"}.get(platform.machine(), platform.machine()),
             "objectFormat": lambda name: name == "ELF", **{name: name for name in ("x86_64", "arm64", "arm", "ELF", "MachO")}}
    taken, stack = set(), []
    for number, line in enumerate(text.splitlines(), 1):
        word, _, condition = line.split("//")[0].strip().partition(" ")
        if word == "#if":
            stack.append(eval(condition.replace("||", " or ").replace("&&", " and ").replace("!", " not ").strip(), names))
        elif word == "#else":
            stack[-1] = not stack[-1]
        elif word == "#endif":
            stack.pop()
        elif all(stack):
            taken.add(number)
    return taken


def computed(line):
    """A constant of a type, for which there is no place in which it could be made once: made each time."""
    match = re.match(r"(\s*(?:\w+ )*static )let (\w+)(: [\w.]+)? = (.*)$", line)
    if not match:
        return line
    name = re.match(r"([A-Z]\w*)\(", match[4])
    return "%svar %s%s { %s }" % (match[1], match[2], match[3] or ": " + (name[1] if name else "Int"), match[4])


class Tree:
    def __init__(self):
        names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
        self.names = [name for name in names.split("\0") if name and (ROOT / name).is_file()]
        self.sources = {name: (ROOT / name).read_text() for name in self.names if re.match(r"Sources/Dos\w*/", name)}

    def lay_out(self):
        """All that is not to be rewritten, beside what the tests look for outside the tree."""
        for old in TREE.rglob("*.swift") if TREE.exists() else []:
            if ".build" not in old.parts and str(old.relative_to(TREE)) not in self.names:
                old.unlink()
        for name in self.names:
            if name not in self.sources and name != "Package.swift":
                self.put(name, (ROOT / name).read_bytes())
        package = (ROOT / "Package.swift").read_text()
        fast = package.replace("[SwiftSetting] = [\n", '[SwiftSetting] = [\n  .unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug)),\n')
        assert fast != package, "Package.swift has no settings"
        self.put("Package.swift", fast.encode())
        shared = ROOT.parent / "shared"
        if shared.exists() and not (BUILD / "shared").exists():
            (BUILD / "shared").symlink_to(shared)

    def put(self, name, bytes):
        """Only what changed, so that little is compiled anew."""
        path = TREE / name
        if path.exists() and path.read_bytes() == bytes:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes)
        if (ROOT / name).exists():
            shutil.copymode(ROOT / name, path)

    def places(self):
        """All places that are compiled here: file and place."""
        return [(name, place) for name, text in sorted(self.sources.items()) if name.endswith(".swift")
                for lines in [compiled(text)] for place in places.places_of(text) if place.line in lines]

    def write(self, chosen):
        modules = {}
        for name, text in self.sources.items():
            mine = [(number, place) for number, (file, place) in chosen.items() if file == name]
            made = rewrite(text, [(edit, number) for number, place in mine for edit in place.edits])
            lines = made.splitlines(keepends=True)
            for number, place in mine:
                lines[place.line - 1] = computed(lines[place.line - 1].rstrip("\n")) + "\n"
            self.put(name, "".join(lines).encode())
            modules.setdefault(name.split("/")[1], []).extend(mine)
        most = max(chosen, default=0) + 1
        for module, mine in modules.items():
            text = (switch.SWITCH % most if module == "DosaiCore" else "import DosaiCore\n") + switch.MODULE
            text += "".join(switch.helper(number, place.helper) for number, place in mine if place.helper)
            self.put("Sources/%s/Mutants.swift" % module, text.encode())

    def broken(self, output, chosen):
        """The mutants in lines that do not compile."""
        lines = {(name, int(line)) for name, line in re.findall(r"(Sources/[\w+/]+\.swift):(\d+):\d+: error:", output)}
        numbers = set()
        for name, line in lines:
            above = [(place.line, number) for number, (file, place) in chosen.items() if file == name and place.line <= line]
            nearest = max(above, default=(0, 0))[0]  # of a missing return the line is the last of its function
            numbers |= {number for place, number in above if place == nearest}
            if name.endswith("/Mutants.swift"):
                text = (TREE / name).read_text().splitlines()[line - 1]
                numbers |= {int(number) for number in re.findall(r"mutant\((\d+)\)", text)}
        return numbers

    def build(self, chosen, *command):
        """Builds, and takes out of `chosen` what does not compile."""
        while True:
            self.write(chosen)
            done = subprocess.run(command, cwd=TREE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode == 0:
                return
            broken = self.broken(done.stdout, chosen)
            print("%d places do not compile" % len(broken), flush=True)
            print("\n".join(line for line in done.stdout.splitlines() if "error:" in line and line.startswith("/")), flush=True)
            if not broken:
                sys.exit(done.stdout[-8000:])
            for number in broken:
                del chosen[number]
