package ai.dos;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The calls of a client that nobody waits for inside of C: its one thread, begun with the first of them, steps all. */
final class Loop implements Runnable, AutoCloseable {
    /** Submits a call; by the loop's thread. */
    interface Submit {
        int submit(Arena arena, long loop, long client, long tag, long outCall, long outError);
    }

    private final Handle client, loop;
    private final ConcurrentLinkedQueue<Runnable> asked = new ConcurrentLinkedQueue<>();
    private final Map<Long, Call> calls = new HashMap<>();
    private final List<Call> haveArrived = new ArrayList<>(); // chunks that are to be handed over
    private long lastTag;
    private boolean hasThread, isClosed; // of what asks

    Loop(long loop, Handle client) {
        this.loop = new Handle(loop, handle -> Declarations.dosai_loop_close(handle, 0, 0, 0));
        this.client = client;
    }

    void submit(Call call, Submit submit) {
        ask(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment out = arena.allocate(16, 8);
                long handle = client.use(), here = loop.use();
                try {
                    if (handle == 0 || here == 0) throw closed();
                    long tag = ++lastTag;
                    Native.check(submit.submit(arena, here, handle, tag, out.address(), out.address() + 8), out.address() + 8);
                    calls.put(tag, call);
                    call.submitted(out.get(JAVA_LONG, 0));
                } finally {
                    if (here != 0) loop.done();
                    if (handle != 0) client.done();
                }
            } catch (RuntimeException wrong) {
                call.end(null, wrong);
            }
        });
    }

    static DosaiException closed() {
        return DosaiException.made(Status.INVALID_ARGUMENT, "the client is closed", null);
    }

    private void ask(Runnable what) {
        synchronized (asked) {
            if (isClosed) throw closed();
            asked.add(what);
            if (!hasThread) {
                hasThread = true;
                Thread.ofPlatform().daemon().name("dosai").start(this);
            }
        }
        wake();
    }

    private void wake() {
        long handle = loop.use();
        if (handle == 0) return;
        Declarations.dosai_loop_wake(handle);
        loop.done();
    }

    @Override
    public void run() {
        try (Arena arena = Arena.ofConfined()) {
            long out = arena.allocate(8, 8).address(), handle = loop.use();
            try {
                while (step(handle, out)) { }
            } finally {
                loop.done();
            }
        } finally { // even if memory ran out
            close();
            loop.close();
            for (Runnable one; (one = asked.poll()) != null; ) one.run();
            for (Call call : calls.values()) call.end(null, DosaiException.made(Status.CANCELLED, "the client was closed", null));
            calls.clear();
        }
    }

    private boolean step(long handle, long out) {
        for (Runnable one; (one = asked.poll()) != null; ) one.run();
        synchronized (asked) {
            if (isClosed) return false;
        }
        if (Declarations.dosai_loop_step(handle, -1, 0, 0, 0, 0) != 0) return false;
        while (Declarations.dosai_loop_next(handle, out, 0) == 0 && Native.at(out) != 0) deliver(Native.at(out));
        haveArrived.forEach(Call::handOver);
        haveArrived.clear();
        return true;
    }

    private void deliver(long event) {
        long tag = Native.at(event + Declarations.event.tag), chunk = Native.at(event + Declarations.event.chunk);
        if (chunk != 0) {
            Call call = calls.get(tag);
            if (call != null && call.arrive(new Chunk(chunk))) haveArrived.add(call);
            return;
        }
        Call call = calls.remove(tag);
        if (call == null) return;
        long error = Native.at(event + Declarations.event.error), completion = Native.at(event + Declarations.event.completion);
        if (error != 0) call.end(null, DosaiException.read(error));
        else if (completion != 0) call.end(Completion.read(completion), null);
        else call.end(Response.read(Native.at(event + Declarations.event.response)), null);
    }

    /** Its thread cancels what still runs, and ends. */
    @Override
    public void close() {
        boolean hasThread;
        synchronized (asked) {
            isClosed = true;
            hasThread = this.hasThread;
        }
        if (hasThread) wake();
        else loop.close();
    }
}
