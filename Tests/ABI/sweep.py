"""functions.h for sweep.c: every function of the header, to be called with good arguments but for one."""
from declarations import Header

TEXTS = {"path": '"/models"', "json": '"{}"', "parameters_json": '"{}"', "role": '"user"', "key": '"user"'}
FUNCTIONS = {"dosai_chunk_fn": "on_chunk", "dosai_event_fn": "on_event"}
NUMBERS = {"double": "0.5", "uint32_t": "1"}


def argument(header, kind, name, place):
    """Its kind for sweep.c, and the C for it, where `which` is the place of the one that is bad."""
    bare = kind.replace("const ", "").replace(" ", "")
    bad = f"which == {place} ? bad : "
    if bare.rstrip("*") in header.handles and bare.count("*") == 1:
        return bare.rstrip("*").upper(), f"({kind})({bad}good[{bare.rstrip('*').upper()}])"
    if bare.endswith("**"):
        return "OUT", f"({kind})({bad}(void *)&made[{'MADE_' + bare[:-2].upper()}])"
    if bare.rstrip("*") in header.structs:
        return "STRUCT", f"({kind})({bad}(void *)&{bare.rstrip('*')}_good)"
    if bare == "size_t*":
        return "OUT", f"({kind})({bad}(void *)&made_length)"
    if bare == "char*":
        return "TEXT", f"({kind})({bad}(void *)(uintptr_t){TEXTS.get(name, chr(34) + 'a' + chr(34))})"
    if bare in FUNCTIONS:
        return "TEXT", f"(which == {place} ? NULL : {FUNCTIONS[bare]})"
    if bare == "void*":
        return "TEXT", "NULL"
    if name == "struct_size":
        return "NUMBER", "sizeof_first"
    return "NUMBER", "DOSAI_NUL_TERMINATED" if bare == "size_t" else NUMBERS.get(bare, "0")


def functions(path):
    header = Header(path)
    made = list(header.handles) + ["dosai_chunk", "dosai_event"]
    lines = ["enum { " + ", ".join(name.upper() for name in header.handles) + ", HANDLES, OUT, STRUCT, TEXT, NUMBER };",
             "enum { " + ", ".join("MADE_" + name.upper() for name in made) + ", MADES };"]
    lines += [f"static {name} {name}_good;" for name in header.structs]
    table = []
    for name, (result, arguments) in header.functions.items():
        parts = [argument(header, kind, word, place) for place, (kind, word) in enumerate(arguments)]
        call = f"{name}({', '.join(part[1] for part in parts)})"
        first = arguments[0][0].replace("const ", "").rstrip(" *") if arguments else ""
        call = call.replace("sizeof_first", f"sizeof({first})")
        returns = "NOTHING" if result == "void" else "STATUS" if result == "dosai_status" else \
            "POINTER" if result.endswith("*") else "VALUE"
        body = call + "; return 0" if returns == "NOTHING" else f"return (long long){'(intptr_t)' if returns == 'POINTER' else ''}{call}"
        lines.append(f"static long long sweep_{name}(int which, void *bad) {{ (void)which, (void)bad; {body}; }}")
        kinds = ", ".join(part[0] for part in parts) or "NUMBER"
        sizes = ", ".join(f"sizeof({kind.replace('const ', '').rstrip(' *')})" if part[0] == "STRUCT" else "0"
                          for part, (kind, _) in zip(parts, arguments)) or "0"
        table.append(f'  {{"{name}", sweep_{name}, {returns}, {len(parts)}, {{{kinds}}}, {{{sizes}}}}},')
    init = " ".join(f"{name}_good.struct_size = sizeof({name}_good);" for name in header.structs)
    lines += [f"static void make_structs(void) {{ {init} }}", "static const function functions[] = {", *table, "};"]
    return "\n".join(lines) + "\n"
