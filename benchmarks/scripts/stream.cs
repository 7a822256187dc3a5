// Streams in C#: the CPU of the process a chunk, by the binding and by HttpClient with Newtonsoft.Json.
// usage: MODE BASE CALLS   MODE: dosai, async or native; the calls are one behind the other, on one connection.
// Prints nanoseconds of CPU, chunks, and characters of text.
using System;
using System.IO;
using System.Net.Http;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Tasks;
using Dosai;
using Newtonsoft.Json;

static class Program
{
    static long chunks, characters;

    static void Count(string text)
    {
        chunks++;
        characters += text.Length;
    }

    static Request Question() => new Request("m").Add("user", "Hello!");

    static Task WithDosai(Client client)
    {
        using (Request request = Question())
            foreach (Chunk chunk in client.Stream(request)) Count(chunk.Content);
        return Task.FromResult(0);
    }

    static async Task WithDosaiAsync(Client client)
    {
        using (Request request = Question())
        using (ChatReader reader = client.StreamAsync(request))
            while (await reader.MoveNextAsync()) Count(reader.Current.Content);
    }

    // The answer's parts that a program for text needs.
    sealed class Event { [JsonProperty("choices")] public Choice[] Choices; }
    sealed class Choice { [JsonProperty("delta")] public Delta Delta; }
    sealed class Delta { [JsonProperty("content")] public string Content; }

    static readonly JsonSerializer serializer = JsonSerializer.Create();

    static async Task WithHttpClient(HttpClient http, string url)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new StringContent("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}],\"stream\":true}", Encoding.UTF8, "application/json"),
        };
        using (HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        using (var reader = new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8, false, 16384))
            for (string line; (line = reader.ReadLine()) != null;)
            {
                if (!line.StartsWith("data: ", StringComparison.Ordinal) || line.StartsWith("data: [DONE]", StringComparison.Ordinal)) continue;
                var text = new StringReader(line);
                text.Read(skipped, 0, 6);
                var told = serializer.Deserialize<Event>(new JsonTextReader(text));
                Count(told.Choices.Length > 0 ? told.Choices[0].Delta.Content ?? "" : "");
            }
    }

    static readonly char[] skipped = new char[6];

    [DllImport("libc")] static extern long clock(); // microseconds of CPU

    static void Main(string[] arguments)
    {
        string mode = arguments[0], url = arguments[1];
        var client = new Client(new ClientOptions { BaseUrl = url, MaxTextBytes = -1 });
        var http = new HttpClient();
        Func<Task> once = mode == "dosai" ? () => WithDosai(client) : mode == "async" ? (Func<Task>)(() => WithDosaiAsync(client)) : () => WithHttpClient(http, url + "/chat/completions");
        long before = clock();
        for (int call = 0; call < int.Parse(arguments[2]); call++) once().GetAwaiter().GetResult();
        Console.WriteLine("{0} {1} {2}", (clock() - before) * 1000, chunks, characters);
    }
}
