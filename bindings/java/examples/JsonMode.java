import ai.dos.*;
import java.util.List;
import java.util.Map;

/** An answer in JSON of one shape. */
class JsonMode {
    public static void main(String[] arguments) {
        Map<String, ?> city = Map.of("type", "object", "additionalProperties", false, "required", List.of("name", "is_capital"),
                "properties", Map.of("name", Map.of("type", "string"), "is_capital", Map.of("type", "boolean")));
        try (Client client = new Client()) {
            Completion answer = client.chat(new Request("dos-ai").user("Tell me about Paris.").jsonSchema("city", city));
            System.out.println(answer.text());
        }
    }
}
