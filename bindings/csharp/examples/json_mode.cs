// Asks for an answer of one shape. Read it with the JSON library that you like.
using System;
using Dosai;

static class Program
{
    const string City = @"{""type"":""object"",""additionalProperties"":false,""required"":[""name"",""is_capital""],
        ""properties"":{""name"":{""type"":""string""},""is_capital"":{""type"":""boolean""}}}";

    static void Main()
    {
        using (var client = new Client())
            Console.WriteLine(client.Chat(new Request("dos-ai").Add("user", "Tell me about Paris.").SetJsonSchema("city", City)).Text);
    }
}
