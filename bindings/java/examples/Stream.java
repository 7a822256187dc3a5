import ai.dos.*;

/** An answer as it comes, and what had arrived if it breaks. */
class Stream {
    public static void main(String[] arguments) {
        try (Client client = new Client(); ChatStream stream = client.stream(new Request("dos-ai").user("Hello!"))) {
            for (Chunk chunk : stream) System.out.print(chunk.content());
            System.out.println("\n" + stream.completion().choices().get(0).finishReason());
        } catch (DosaiException wrong) {
            System.err.println(wrong.status() + ": " + wrong.getMessage());
            if (wrong.completion() != null) System.err.println("what had arrived: " + wrong.completion().text());
            System.exit(1);
        }
    }
}
