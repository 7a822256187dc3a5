// Asks one question.
using System;
using Dosai;

static class Program
{
    static void Main()
    {
        using (var client = new Client())
        {
            Completion answer = client.Chat(new Request("dos-ai").Add("user", "Hello!"));
            Console.WriteLine(answer.Text);
            Console.WriteLine("{0} tokens", answer.Usage.TotalTokens?.ToString() ?? "unknown");
        }
    }
}
