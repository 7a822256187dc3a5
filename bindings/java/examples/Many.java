import ai.dos.*;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.*;

/** A hundred questions at once, each in a virtual thread. */
class Many {
    public static void main(String[] arguments) throws Exception {
        List<Future<String>> answers = new ArrayList<>();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        try (Client client = new Client()) {
            for (int at = 0; at < 100; at++) {
                Request request = new Request("dos-ai").user("What is " + at + " squared?");
                answers.add(threads.submit(() -> client.chat(request).text()));
            }
            for (Future<String> answer : answers) answer.get();
            System.out.println(answers.size() + " answers; the first: " + answers.get(0).get());
        }
    }
}
