"""Calls that look at nothing of their answer, each in a process of its own: what each costs.

    python bomb_calls.py < jobs      a list of [base URL, name, face, options]; prints one JSON line a job
"""
import json, os, sys, time

import wire
from wire import byref, ffi


def see(client, face):
    """(status, message) of the call, with as little of its answer in Python as can be."""
    completion, error = ffi.dosai_completion(), ffi.dosai_error()
    if face.startswith("unary"):
        status = ffi.dosai_chat(client.handle, client.request, None, byref(completion), byref(error))
        for at in range(ffi.dosai_completion_choice_count(completion) if face == "unary-messages" else 0):
            assert ffi.dosai_completion_message_json(completion, at, None)
    elif face == "callback":
        on_chunk = ffi.dosai_chunk_fn(lambda chunk, _: 0)
        status = ffi.dosai_chat_stream(client.handle, client.request, None, on_chunk, None, byref(completion), byref(error))
    elif face == "pull":
        status = pull(client, error)
    else:
        return loop(client, ffi.dosai_loop_submit_stream if face == "loop" else ffi.dosai_loop_submit_chat)
    message = wire.text_of(ffi.dosai_error_message, error)
    ffi.dosai_completion_free(completion), ffi.dosai_error_free(error)
    return wire.name_of(status), message


def pull(client, error):
    stream, address = ffi.dosai_stream(), wire.c_void_p()
    status = ffi.dosai_stream_open(client.handle, client.request, None, byref(stream), byref(error))
    while status == ffi.OK:
        status = ffi.dosai_stream_next(stream, -1, byref(address), byref(error))
        if not address:
            break
    ffi.dosai_stream_free(stream)
    return status


def loop(client, submit):
    made, address = ffi.dosai_loop(), wire.c_void_p()
    assert ffi.dosai_loop_new(None, byref(made), None) == ffi.OK
    assert submit(made, client.handle, client.request, None, 0, None, None) == ffi.OK
    while True:
        assert ffi.dosai_loop_step(made, -1, ffi.dosai_event_fn(), None, None, None) == ffi.OK
        while ffi.dosai_loop_next(made, byref(address), None) == ffi.OK and address.value:
            event = ffi.dosai_event.from_address(address.value)
            if event.kind == ffi.EVENT_CHUNK:
                continue
            error = event.error
            seen = ("OK", None) if not error else (wire.name_of(ffi.dosai_error_status(error)), wire.text_of(ffi.dosai_error_message, error))
            ffi.dosai_loop_close(made, ffi.dosai_event_fn(), None, None)
            return seen


def kilobytes(key):
    with open("/proc/self/status") as status:
        return next(int(text.split()[1]) for text in status if text.startswith(key + ":"))


def play(base, id, face, options):
    with wire.Client(base, **{"total_timeout_ms": 600000, **options}) as client:
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")  # the peak begins anew
        before, started, cpu = kilobytes("VmRSS"), time.monotonic(), time.process_time()
        status, message = see(client, face.replace("loop-unary", "loop-chat"))
        return {"id": id, "face": face, "status": status, "message": message, "started": started,
                "seconds": time.monotonic() - started, "cpu": time.process_time() - cpu,
                "mb": (kilobytes("VmHWM") - before) / 1024}


def main():
    for job in json.loads(sys.stdin.read()):
        if os.fork() == 0:
            code = 1
            try:
                print(json.dumps(play(*job)), flush=True)
                code = 0
            finally:
                os._exit(code)
        assert os.wait()[1] == 0, job


if __name__ == "__main__":
    main()
