import ai.dos.*
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.*
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.Channel.Factory.UNLIMITED
import kotlinx.coroutines.future.await

/** The binding from Kotlin. */
internal object Coroutines : Support() {
    fun calls() {
        client("hello").use { client ->
            same(HELLO, client.chat(question()).text())
            client.stream(question()).use { stream ->
                same(HELLO, stream.joinToString("") { it.content() })
                same("stop", stream.completion().choices()[0].finishReason())
            }
        }
        val wrong = fails(Status.TRUNCATED) { client("half").use { it.stream(question()).use(::contents) } }
        same("0 1 2 ", wrong.completion().text())
    }

    fun tools() {
        val number = mapOf("type" to "number")
        val add = Tool("add", "Adds", mapOf("type" to "object", "properties" to mapOf("a" to number, "b" to number))) {
            given -> (given["a"] as Long) + (given["b"] as Long)
        }
        val fail = Tool("fail", "Fails", mapOf("type" to "object")) { error("no luck") }
        val results = client("model").use { it.runTools(question(), listOf(add, fail)).text() }.split("|")
        same("3", results[0])
        same(true, "no luck" in results[1])
    }

    fun many() = runBlocking {
        client("delayed").use { client ->
            val answers = List(100) { async { client.chatAsync(Request("200").user("Hello!")).await().text() } }.awaitAll()
            same(List(100) { "Hello" }, answers)
        }
    }

    fun errors() = runBlocking {
        val wrong = runCatching { client("limited").use { it.chatAsync(question()).await() } }.exceptionOrNull()
        same(Status.RATE_LIMITED, (wrong as DosaiException).status())
    }

    /** Cancelling the coroutine ends the call, so that the server sees its connection end. */
    fun cancelled() = runBlocking {
        client("endless").use { client ->
            same(null, withTimeoutOrNull(50.milliseconds) { client.chatAsync(question()).await() })
            gone("endless")
            val before = stats("endless")["requests"]
            val one = launch { client.chatAsync(question()).await() }
            while (stats("endless")["requests"] == before) delay(1.milliseconds)
            val since = System.nanoTime()
            one.cancelAndJoin()
            took(since, 50)
            gone("endless")
        }
    }

    /** A thread that waits in a stream is interrupted when its coroutine is cancelled. */
    fun interrupted() = runBlocking {
        client("endless").use { client ->
            val pieces = Channel<String>(UNLIMITED)
            val one = launch {
                interruptible { client.stream(question()).use { for (chunk in it) pieces.trySend(chunk.content()) } }
            }
            while (pieces.receive() != "2 ") { }
            val since = System.nanoTime()
            one.cancelAndJoin()
            took(since, 50)
            gone("endless")
        }
    }

    /** As docs/how-to/java.md has it. */
    private suspend fun <T> interruptible(work: () -> T): T = runInterruptible(Dispatchers.IO) {
        try {
            work()
        } catch (wrong: DosaiException) {
            if (Thread.interrupted()) throw InterruptedException()
            throw wrong
        }
    }
}

fun main() {
    Support.test("calls", Coroutines::calls)
    Support.test("tools", Coroutines::tools)
    Support.test("many coroutines", Coroutines::many)
    Support.test("errors", Coroutines::errors)
    Support.test("a coroutine that is cancelled", Coroutines::cancelled)
    Support.test("a thread of a coroutine that is cancelled", Coroutines::interrupted)
}
