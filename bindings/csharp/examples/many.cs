// Asks many questions at once, without a thread for each.
using System;
using System.Linq;
using System.Threading.Tasks;
using Dosai;

static class Program
{
    static void Main() => Run().GetAwaiter().GetResult();

    static async Task Run()
    {
        using (var client = new Client(new ClientOptions { MaxInFlight = 50 }))
        {
            Completion[] answers = await Task.WhenAll(Enumerable.Range(1, 100).Select(number =>
                client.ChatAsync(new Request("dos-ai").Add("user", "What is " + number + " squared?"))));
            Console.WriteLine("{0} answers; the first: {1}", answers.Length, answers[0].Text);
        }
    }
}
