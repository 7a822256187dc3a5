// Lets the model call a function.
using System;
using Dosai;

static class Program
{
    const string Parameters = @"{""type"":""object"",""properties"":{""location"":{""type"":""string""}},""required"":[""location""]}";

    static void Main()
    {
        var weather = new Tool("get_weather", "The weather of a city, now", Parameters, arguments => "18 degrees, light rain");
        using (var client = new Client())
            Console.WriteLine(client.RunTools(new Request("dos-ai").Add("user", "What is the weather in Tokyo?"), new[] { weather }).Text);
    }
}
