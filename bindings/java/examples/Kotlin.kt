import ai.dos.*
import kotlinx.coroutines.*
import kotlinx.coroutines.future.await

/** A stream, and then a hundred questions at once, each in a coroutine. */
fun main() = runBlocking {
    Client().use { client ->
        client.stream(Request("dos-ai").user("Hello!")).use { stream -> for (chunk in stream) print(chunk.content()) }
        println()
        val answers = List(100) { at -> async { client.chatAsync(Request("dos-ai").user("What is $at squared?")).await().text() } }
        println("${answers.awaitAll().size} answers; the first: ${answers[0].await()}")
    }
}
