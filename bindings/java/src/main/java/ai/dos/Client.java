package ai.dos;

import static ai.dos.Declarations.*;
import static java.lang.foreign.ValueLayout.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import java.util.function.LongToIntFunction;

/**
 * An endpoint, a key, limits and open connections, for any number of threads. Make one and keep it. A thread that waits
 * for an answer waits inside of C, and interrupting it cancels the call. Asynchronous calls and those of virtual threads are
 * made by one thread of the client, which the first of them starts.
 */
public final class Client implements AutoCloseable {
    private static final long WAIT_MILLIS = 20; // until it is seen that a thread was interrupted
    private final Handle handle;
    private final Loop loop;
    private final CallOptions options;
    private final Client root;
    private final Cleaner.Cleanable cleanable;

    /** With DOSAI_API_KEY and DOSAI_BASE_URL of the environment, which no other constructor reads. */
    public Client() {
        this(fromEnvironment());
    }

    public Client(ClientOptions options) {
        this(options, new LoopOptions());
    }

    public Client(ClientOptions options, LoopOptions loopOptions) {
        try (Arena arena = Arena.ofConfined()) {
            long out = arena.allocate(16, 8).address();
            Native.check(dosai_client_new(options.write(arena).address(), out, out + 8), out + 8);
            handle = new Handle(Native.at(out), Declarations::dosai_client_free);
            int status = dosai_loop_new(loopOptions.write(arena).address(), out, out + 8);
            if (status != 0) handle.close();
            Native.check(status, out + 8);
            loop = new Loop(Native.at(out), handle);
        }
        this.options = new CallOptions();
        root = this;
        Handle ofCleaner = handle;
        Loop loopOfCleaner = loop;
        cleanable = Native.CLEANER.register(this, () -> {
            loopOfCleaner.close();
            ofCleaner.close();
        });
    }

    private Client(Client root, CallOptions options) {
        this.root = root;
        this.options = new CallOptions();
        this.options.copy(options);
        handle = root.handle;
        loop = root.loop;
        cleanable = root.cleanable;
    }

    private static ClientOptions fromEnvironment() {
        return new ClientOptions().apiKey(variable("DOSAI_API_KEY")).baseUrl(variable("DOSAI_BASE_URL"));
    }

    /** An empty one is as if it were not set. */
    private static String variable(String name) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? null : value;
    }

    /** The same client, with a copy of these options for the calls made through it. */
    public Client with(CallOptions options) {
        return new Client(root, options);
    }

    // ---- calls

    /** Sends the request, and waits for the whole answer. */
    public Completion chat(Request request) {
        return chat(request.toString());
    }

    /** Sends JSON as it is. */
    public Completion chat(String json) {
        if (waitsOutside()) return (Completion) submit(new Call(root, null), chatOf(json)).result();
        return wait((arena, client, options, out, error) -> ofRequest(arena, json, out, error,
                request -> dosai_chat(client, request, options, out, error)), Completion::read, Declarations::dosai_completion_free);
    }

    /** Cancelling the future cancels the call. It fails with a DosaiException. */
    public CompletableFuture<Completion> chatAsync(Request request) {
        CompletableFuture<Completion> future = new CompletableFuture<>();
        Call[] call = {null};
        call[0] = new Call(root, () -> future.completeAsync(() -> {
            call[0].nextInPool(); // there is none, but this throws what has failed
            return call[0].completion();
        }));
        try {
            submit(call[0], chatOf(request.toString()));
        } catch (DosaiException wrong) { // the client is closed
            future.completeExceptionally(wrong);
        }
        future.whenComplete((answer, wrong) -> call[0].close());
        return future;
    }

    /**
     * Sends the request, and gives the answer piece by piece. Read it on a thread of the kind that opened it: if a platform
     * thread did, a virtual thread that reads holds its carrier while it waits.
     */
    public ChatStream stream(Request request) {
        return stream(request.toString());
    }

    /** Sends JSON as it is. */
    public ChatStream stream(String json) {
        if (waitsOutside()) return new ChatStream(submit(new Call(root, null), streamOf(json)));
        return pull((arena, client, options, out, error) -> ofRequest(arena, json, out, error,
                request -> dosai_stream_open(client, request, options, out, error)));
    }

    /** Each subscriber has a call of its own, which begins at once, and is called on the common pool. */
    public Flow.Publisher<Chunk> publish(Request request) {
        String json = request.toString();
        return new ChunkPublisher(onNews -> submit(new Call(root, onNews), streamOf(json)));
    }

    /** A GET of another endpoint, such as /models. */
    public Response get(String path) {
        if (waitsOutside()) {
            return (Response) submit(new Call(root, null), (arena, loop, client, options, tag, out, error) ->
                    dosai_loop_submit_get(loop, client, Native.cText(arena, path), options, tag, out, error)).result();
        }
        return wait((arena, client, options, out, error) -> dosai_client_get(client, Native.cText(arena, path), options, out, error),
                Response::read, Declarations::dosai_response_free);
    }

    /** A POST of JSON to another endpoint, such as /embeddings. */
    public Response post(String path, String json) {
        if (waitsOutside()) {
            return (Response) submit(new Call(root, null), (arena, loop, client, options, tag, out, error) -> {
                MemorySegment text = Native.utf8(arena, json);
                return dosai_loop_submit_post(loop, client, Native.cText(arena, path), text.address(), text.byteSize() - 1, options, tag, out, error);
            }).result();
        }
        return wait((arena, client, options, out, error) -> {
            MemorySegment text = Native.utf8(arena, json);
            return dosai_client_post(client, Native.cText(arena, path), text.address(), text.byteSize() - 1, options, out, error);
        }, Response::read, Declarations::dosai_response_free);
    }

    /** A POST to an endpoint that answers with server-sent events: each is a chunk of the kind EVENT. See CallOptions.lastEvent. */
    public ChatStream postStream(String path, String json) {
        if (waitsOutside()) {
            return new ChatStream(submit(new Call(root, null), (arena, loop, client, options, tag, out, error) -> {
                MemorySegment text = Native.utf8(arena, json);
                return dosai_loop_submit_stream_post(loop, client, Native.cText(arena, path), text.address(), text.byteSize() - 1, options, tag, out, error);
            }));
        }
        return pull((arena, client, options, out, error) -> {
            MemorySegment text = Native.utf8(arena, json);
            return dosai_stream_open_post(client, Native.cText(arena, path), text.address(), text.byteSize() - 1, options, out, error);
        });
    }

    /**
     * Opens connections ahead, for as many first calls of threads that are not virtual. Call it on such a thread: a virtual
     * one would hold its carrier, because this always waits inside of C.
     */
    public void warm(int connections) {
        wait((arena, client, options, out, error) -> dosai_client_warm(client, connections, options, error), made -> null, made -> { });
    }

    /** Asks the model, runs what it calls, tells it the results, and so on, for at most ten rounds: see Tool. */
    public Completion runTools(Request request, List<Tool> tools) {
        return runTools(request, tools, 10);
    }

    public Completion runTools(Request request, List<Tool> tools, int maxRounds) {
        return Tool.run(this, request, tools, maxRounds);
    }

    /** Cancels the asynchronous calls that run; the others end as they will. */
    @Override
    public void close() {
        root.cleanable.clean();
    }

    // ---- how they are made

    /** A virtual thread that waited inside of C would hold its carrier. */
    private static boolean waitsOutside() {
        Thread thread = Thread.currentThread();
        if (thread.isInterrupted()) throw DosaiException.made(Status.CANCELLED, "the thread was interrupted", null);
        return thread.isVirtual();
    }

    private interface Direct {
        int call(Arena arena, long client, long options, long out, long outError);
    }

    private interface Submit {
        int submit(Arena arena, long loop, long client, long options, long tag, long outCall, long outError);
    }

    private static int ofRequest(Arena arena, String json, long out, long outError, LongToIntFunction use) {
        MemorySegment text = Native.utf8(arena, json);
        int status = dosai_request_parse(text.address(), text.byteSize() - 1, out, outError);
        if (status != 0) return status;
        long request = Native.at(out);
        try {
            return use.applyAsInt(request);
        } finally {
            dosai_request_free(request);
        }
    }

    private static Submit chatOf(String json) {
        Objects.requireNonNull(json);
        return (arena, loop, client, options, tag, out, error) -> ofRequest(arena, json, out, error,
                request -> dosai_loop_submit_chat(loop, client, request, options, tag, out, error));
    }

    private static Submit streamOf(String json) {
        Objects.requireNonNull(json);
        return (arena, loop, client, options, tag, out, error) -> ofRequest(arena, json, out, error,
                request -> dosai_loop_submit_stream(loop, client, request, options, tag, out, error));
    }

    private Call submit(Call call, Submit submit) {
        loop.submit(call, (arena, loop, client, tag, out, error) ->
                submit.submit(arena, loop, client, options.write(arena).address(), tag, out, error));
        return call;
    }

    /** A call by this thread, and what it gives. */
    private long direct(Arena arena, long token, Direct call) {
        MemorySegment struct = options.write(arena), out = arena.allocate(16, 8);
        struct.set(JAVA_LONG, call_options.cancel, token);
        struct.set(JAVA_LONG, call_options.on_wait, Native.ON_WAIT.address());
        struct.set(JAVA_LONG, call_options.wait_interval_ms, WAIT_MILLIS);
        long client = handle.use();
        if (client == 0) throw Loop.closed();
        try {
            Native.check(call.call(arena, client, struct.address(), out.address(), out.address() + 8), out.address() + 8);
            return out.get(JAVA_LONG, 0);
        } finally {
            handle.done();
        }
    }

    private <T> T wait(Direct call, LongFunction<T> read, LongConsumer free) {
        try (Arena arena = Arena.ofConfined()) {
            long made = direct(arena, 0, call);
            try {
                return read.apply(made);
            } finally {
                free.accept(made);
            }
        }
    }

    private ChatStream pull(Direct open) {
        try (Arena arena = Arena.ofConfined()) {
            long out = arena.allocate(16, 8).address();
            Native.check(dosai_cancel_new(out, out + 8), out + 8);
            Handle token = new Handle(Native.at(out), Declarations::dosai_cancel_free);
            try {
                return new ChatStream(new Pulled(direct(arena, Native.at(out), open), token));
            } catch (RuntimeException | Error wrong) {
                token.close();
                throw wrong;
            }
        }
    }
}
