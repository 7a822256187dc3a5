// Streams an answer, and tells how it ended.
using System;
using Dosai;

static class Program
{
    static int Main()
    {
        using (var client = new Client())
            try
            {
                ChatStream stream = client.Stream(new Request("dos-ai").Add("user", "Hello!"));
                foreach (Chunk chunk in stream) Console.Write(chunk.Content);
                Console.WriteLine("\n" + stream.Completion.Choices[0].FinishReason);
                return 0;
            }
            catch (DosaiException failure)
            {
                Console.Error.WriteLine("{0}: {1}", failure.Status, failure.Message);
                Console.Error.WriteLine("What had arrived: {0}", failure.Error.Completion?.Text ?? "nothing");
                return 1;
            }
    }
}
