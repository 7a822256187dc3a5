"""The WebAssembly module in place of the native library: what Tests/Wire does with ctypes happens in its memory."""
import contextlib, ctypes, pathlib
from ctypes import Structure, byref, c_char_p, c_size_t, c_void_p, sizeof

import wasmtime

import test_decoder
import wire
from wire import ffi

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOM = 8 << 20
WORDS = (c_size_t, c_void_p, c_char_p)  # of 4 bytes there


def is_word(kind):
    return issubclass(kind, WORDS) or hasattr(kind, "contents") or issubclass(kind, ctypes._CFuncPtr)


def layout(kind):
    """The name, the place and the type of each field, and the size, as clang for wasm32 lays a struct out."""
    fields, at, widest = [], 0, 1
    for name, field in kind._fields_:
        size = 4 if is_word(field) else sizeof(field)
        at = -(-at // size) * size
        fields.append((name, at, size, field))
        at, widest = at + size, max(widest, size)
    return fields, -(-at // widest) * widest


class Module:
    def __init__(self, path=ROOT / "build/wasm/dosai-decoder.wasm"):
        engine = wasmtime.Engine()
        self.module, self.store, linker = wasmtime.Module.from_file(engine, str(path)), wasmtime.Store(engine), wasmtime.Linker(engine)
        linker.define_wasi()
        self.store.set_wasi(wasmtime.WasiConfig())
        self.exports = linker.instantiate(self.store, self.module).exports(self.store)
        self.memory, self.functions = self.exports["memory"], {}
        self.room = self.exports["malloc"](self.store, ROOM)  # for the arguments of one call; a call costs Python 50 us
        self.used = self.room
        self.names = {export.name for export in self.module.exports}

    def read(self, at, size):
        return bytes(self.memory.read(self.store, at, at + size))

    def allocate(self, text):
        at, self.used = self.used, -(-(self.used + len(text)) // 8) * 8
        assert self.used <= self.room + ROOM
        self.memory.write(self.store, text, at)
        return at

    # -- structs

    def to_bytes(self, value):
        if not isinstance(value, Structure):
            return value.value.to_bytes(4, "little") if value.value else bytes(4)
        fields, size = layout(type(value))
        made = bytearray(size)
        for name, at, width, kind in fields:
            given = getattr(value, name)
            if is_word(kind):
                given = self.allocate(given + b"\0") if isinstance(given, bytes) else given if isinstance(given, int) else 0
            if name == "struct_size" and given:
                given = size
            made[at:at + width] = given.to_bytes(width, "little", signed=given < 0)
        return bytes(made)

    def to_struct(self, at, kind):
        """A copy of the struct at that address. Its pointers stay the module's, for `string_at`."""
        made, (fields, size) = kind(), layout(kind)
        raw = self.read(at, size)
        for name, place, width, field in fields:
            value = int.from_bytes(raw[place:place + width], "little", signed=not is_word(field))
            if hasattr(field, "contents"):
                setattr(made, name, ctypes.pointer(self.to_struct(value, field._type_)) if value else None)
            else:
                there = getattr(kind, name)
                ctypes.memmove(byref(made, there.offset), value.to_bytes(there.size, "little", signed=value < 0), there.size)
        if made.struct_size == size:
            made.struct_size = sizeof(kind)
        return made

    # -- calls

    def __getattr__(self, name):
        """Of the functions that the module has, its own; else the native library's constants and types."""
        if name not in self.functions:
            native = getattr(ffi, name)
            self.functions[name] = self.function(name, native) if name in self.names else native
        return self.functions[name]

    def function(self, name, native):
        run = self.exports[name]

        def call(*arguments):
            words, outputs = [], []
            for one in arguments:
                target = getattr(one, "_obj", None)  # byref's
                if target is not None:
                    before = self.to_bytes(target)
                    words.append(self.allocate(before))
                    outputs.append((words[-1], before, target))
                elif isinstance(one, bytes):
                    words.append(self.allocate(one))
                else:
                    words.append(one if isinstance(one, int) else getattr(one, "value", None) or 0)
            given = run(self.store, *words)
            for at, before, target in outputs:
                if self.read(at, len(before)) != before:
                    self.take(at, target)
            self.used = self.room
            return self.given(given, native.restype)
        return call

    def take(self, at, target):
        if isinstance(target, Structure):
            found = self.to_struct(at, type(target))
            ctypes.memmove(byref(target), byref(found), sizeof(found))
        else:
            target.value = int.from_bytes(self.read(at, 4), "little")

    def given(self, value, kind):
        if kind is None or kind is ctypes.c_int32 or kind is ctypes.c_int64:
            return value
        value &= 0xFFFFFFFF
        if kind is c_char_p:
            return self.read(value, 64).split(b"\0")[0] if value else None
        return value if kind in (ctypes.c_uint32, c_void_p) else kind(value)

    @contextlib.contextmanager
    def instead(self):
        """Within, Tests/Wire calls the module."""
        before = wire.ffi, wire.string_at, test_decoder.ffi, test_decoder.chunk_at
        wire.ffi = test_decoder.ffi = self
        wire.string_at = lambda at, size: self.read(getattr(at, "value", at), size)
        test_decoder.chunk_at = lambda at: self.to_struct(at.value, ffi.dosai_chunk)
        try:
            yield
        finally:
            wire.ffi, wire.string_at, test_decoder.ffi, test_decoder.chunk_at = before
