import ai.dos.*;

/** A question, and its answer. */
class Chat {
    public static void main(String[] arguments) {
        try (Client client = new Client()) {
            Completion answer = client.chat(new Request("dos-ai").system("Be brief.").user("Hello!"));
            System.out.println(answer.text());
            System.out.println(answer.usage().totalTokens() + " tokens");
        }
    }
}
