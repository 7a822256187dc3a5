import ai.dos.*;
import java.util.List;
import java.util.Map;

/** The model calls a function of Java. */
class Tools {
    public static void main(String[] arguments) {
        Tool weather = new Tool("get_weather", "The weather of a city, now",
                Map.of("type", "object", "properties", Map.of("location", Map.of("type", "string")), "required", List.of("location")),
                given -> "18 degrees, light rain in " + given.get("location"));
        try (Client client = new Client()) {
            System.out.println(client.runTools(new Request("dos-ai").user("What is the weather in Tokyo?"), List.of(weather)).text());
        }
    }
}
