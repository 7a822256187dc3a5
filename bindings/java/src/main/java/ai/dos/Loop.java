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
    private final ConcurrentLinkedQueue<Asked> asked = new ConcurrentLinkedQueue<>();
    private final Map<Long, Call> calls = new HashMap<>();
    private final List<Call> haveArrived = new ArrayList<>(); // chunks that are to be handed over
    private long here, lastTag; // of the thread
    private boolean hasThread, isClosed; // of what asks

    Loop(long loop, Handle client) {
        this.loop = new Handle(loop, handle -> Declarations.dosai_loop_close(handle, 0, 0, 0));
        this.client = client;
    }

    private record Asked(Call call, Submit submit) {}

    void submit(Call call, Submit submit) {
        synchronized (asked) {
            if (isClosed) throw closed();
            if (!hasThread) {
                Thread.ofPlatform().daemon().name("dosai").inheritInheritableThreadLocals(false).start(this);
                hasThread = true;
            }
            asked.add(new Asked(call, submit));
        }
        wake();
    }

    private void begin(Call call, Submit submit) {
        long tag = ++lastTag, handle = client.use();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(16, 8);
            if (handle == 0) throw closed();
            calls.put(tag, call);
            Native.check(submit.submit(arena, here, handle, tag, out.address(), out.address() + 8), out.address() + 8);
            call.submitted(out.get(JAVA_LONG, 0));
        } catch (RuntimeException wrong) {
            calls.remove(tag);
            call.end(null, wrong);
        } finally {
            if (handle != 0) client.done();
        }
    }

    static DosaiException closed() {
        return DosaiException.made(Status.INVALID_ARGUMENT, "the client is closed", null);
    }

    private void wake() {
        long handle = loop.use();
        if (handle == 0) return;
        Declarations.dosai_loop_wake(handle);
        loop.done();
    }

    @Override
    public void run() {
        DosaiException wrong = DosaiException.made(Status.INTERNAL, "the thread of the client's calls has died", null); // while there is memory
        here = loop.use();
        try (Arena arena = Arena.ofConfined()) {
            long out = arena.allocate(16, 8).address();
            while (step(out, -1)) { }
            calls.values().forEach(Call::cancel);
            step(out, 0);
            wrong = DosaiException.made(Status.CANCELLED, "the client was closed", null);
        } catch (Throwable cause) { // such as an OutOfMemoryError
            wrong.initCause(cause);
        } finally {
            synchronized (asked) {
                isClosed = true;
            }
            loop.done();
            loop.close();
            for (Asked one; (one = asked.poll()) != null; ) end(one.call, wrong);
            for (Call call : calls.values()) end(call, wrong);
        }
    }

    private static void end(Call call, DosaiException wrong) {
        try {
            call.end(null, wrong);
        } catch (Throwable ofThis) { // not of the others
        }
    }

    /** False: the client is closed, and what was asked before has begun. */
    private boolean step(long out, long wait) {
        boolean wasClosed;
        synchronized (asked) {
            wasClosed = isClosed;
        }
        for (Asked one; (one = asked.peek()) != null; asked.poll()) begin(one.call, one.submit);
        if (wasClosed && wait != 0) return false;
        Native.check(Declarations.dosai_loop_step(here, wait, 0, 0, 0, out + 8), out + 8);
        while (Declarations.dosai_loop_next(here, out, 0) == 0 && Native.at(out) != 0) deliver(Native.at(out));
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
        Call call = calls.get(tag); // until its answer is read, which may throw
        if (call == null) return;
        long error = Native.at(event + Declarations.event.error), completion = Native.at(event + Declarations.event.completion);
        RuntimeException wrong = error == 0 ? null : DosaiException.read(error);
        Object answer = error != 0 ? null : completion != 0 ? Completion.read(completion)
                : Response.read(Native.at(event + Declarations.event.response));
        call.handOver();
        calls.remove(tag);
        call.end(answer, wrong);
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
