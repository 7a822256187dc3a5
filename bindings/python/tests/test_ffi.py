"""The declarations are the header's."""

import ctypes
import pathlib
import re
import shutil
import subprocess

import pytest
from dosai import _ffi

HEADER = pathlib.Path(__file__).resolve().parents[3] / "include" / "dosai.h"
TEXT = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
FUNCTIONS = {name: (result, arguments) for result, name, arguments in re.findall(
    r"DOSAI_API\s+([^;()]*?)(dosai_\w+)\(([^;]*)\);", TEXT)}
STRUCTS = dict((name, body) for body, name in re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);", TEXT, flags=re.S))
SCALARS = {"void": None, "int": ctypes.c_int, "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32,
           "int64_t": ctypes.c_int64, "size_t": ctypes.c_size_t, "uintptr_t": ctypes.c_size_t, "double": ctypes.c_double}
SCALARS.update((name, SCALARS[same]) for same, name in re.findall(r"typedef (\w+) (dosai_\w+);", TEXT))
ADDRESSES = ctypes.c_void_p, ctypes.c_char_p, ctypes._Pointer


def is_like(declared, text):
    """Whether ctypes is told what C is: exactly, but that an address which is no handle may be one of anything."""
    name, stars = re.fullmatch(r"\s*(?:const )?(\w+) ?(\**)\w*\s*", text).groups()
    kind = SCALARS[name] if name in SCALARS else getattr(_ffi, name, None)
    if not stars:
        return declared is kind
    if isinstance(kind, type) and issubclass(kind, ctypes.c_void_p):
        return declared is (kind if stars == "*" else ctypes.POINTER(kind))
    return issubclass(declared, ADDRESSES)


def field_names(body):
    declarations = (declaration.strip() for declaration in body.split(";"))
    return [re.search(r"\(\*(\w+)\)|(\w+)$", declaration).group(1) or declaration.split()[-1].lstrip("*")
            for declaration in declarations if declaration]


def structures():
    return {name: value for name, value in vars(_ffi).items()
            if isinstance(value, type) and issubclass(value, ctypes.Structure) and value is not ctypes.Structure}


def test_the_header_is_read():
    assert len(FUNCTIONS) > 60 and len(STRUCTS) == 9


def test_every_function_is_declared():
    for name, (result, arguments) in FUNCTIONS.items():
        function, texts = getattr(_ffi, name), [] if arguments.strip() == "void" else arguments.split(",")
        assert len(function.argtypes) == len(texts), name
        for declared, text in zip([function.restype, *function.argtypes], [result, *texts]):
            assert is_like(declared, text), (name, declared, text)


def test_every_struct_is_declared():
    assert {name: [field for field, _ in structure._fields_] for name, structure in structures().items()} == {
        name: field_names(body) for name, body in STRUCTS.items()}


def test_every_constant_is_declared():
    constants = re.findall(r"DOSAI_(\w+) = (-?\d+)(?: << (\d+))?[,\s]", TEXT)
    assert len(constants) > 60
    for name, value, shift in constants:
        assert getattr(_ffi, name) == int(value) << int(shift or 0), name


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_structs_are_laid_out_alike(tmp_path):
    lines, ours = [], []
    for name, structure in structures().items():
        lines.append(f'printf("%zu\\n", sizeof({name}));')
        ours.append(ctypes.sizeof(structure))
        for field, _ in structure._fields_:
            lines.append(f'printf("%zu\\n%zu\\n", offsetof({name}, {field}), sizeof ((({name} *)0)->{field}));')
            ours += [getattr(structure, field).offset, getattr(structure, field).size]
    source = tmp_path / "layout.c"
    source.write_text('#include <dosai.h>\n#include <stdio.h>\nint main(void) {' + "".join(lines) + "return 0; }\n")
    subprocess.run(["cc", "-I", HEADER.parent, "-o", tmp_path / "layout", source], check=True)
    theirs = subprocess.run([tmp_path / "layout"], check=True, capture_output=True, text=True).stdout.split()
    assert ours == list(map(int, theirs))


def test_handles_are_told_apart():
    with pytest.raises(ctypes.ArgumentError):
        _ffi.dosai_request_free(_ffi.dosai_client())
