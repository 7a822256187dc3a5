// In the forms that Tests/Bindings/README.md describes.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Dosai;

static class Forms
{
    public static string Upper<T>(T name) => Regex.Replace(name.ToString(), "(?<=[a-z])(?=[A-Z])", "_").ToUpperInvariant();

    public static Dictionary<string, object> Map(params object[] pairs)
    {
        var made = new Dictionary<string, object>();
        for (int at = 0; at < pairs.Length; at += 2) made[(string)pairs[at]] = pairs[at + 1];
        return made;
    }

    public static Dictionary<string, object> Usage(Usage usage, object unknown) => Map(
        "prompt_tokens", usage.PromptTokens ?? unknown, "completion_tokens", usage.CompletionTokens ?? unknown, "total_tokens",
        usage.TotalTokens ?? unknown, "cached_tokens", usage.CachedTokens ?? unknown, "reasoning_tokens", usage.ReasoningTokens ?? unknown);

    static object Attempts(IReadOnlyList<Attempt> list) => list.Select(one =>
        Map("status", Upper(one.Status), "http_status", one.HttpStatus, "delay_ms", (long)one.Delay.TotalMilliseconds)).ToList();

    static object Call(ToolCall call) => Map("id", call.Id, "name", call.Name, "arguments", call.Arguments);

    static object Choice(Choice choice) => Map(
        "index", choice.Index, "role", choice.Role, "content", choice.Content, "refusal", choice.Refusal, "reasoning", choice.Reasoning,
        "finish_reason", choice.FinishReason, "tool_calls", choice.ToolCalls.Select(Call).ToList());

    public static object Quirks(Completion answer) => Enum.GetValues(typeof(Quirks)).Cast<Quirks>().Where(one => answer.Quirks.HasFlag(one)).Select(Upper).ToList();

    public static object Completion(Completion answer) => answer == null ? null : Map(
        "json", answer.Json, "id", answer.Id, "object", answer.Object, "created", answer.Created ?? -1, "model", answer.Model,
        "choices", answer.Choices.Select(Choice).ToList(), "usage", Usage(answer.Usage, -1), "quirks", Quirks(answer),
        "http_status", answer.HttpStatus, "attempts", Attempts(answer.Attempts));

    public static object Clock(Error error) => error.Clock == Dosai.Clock.None ? null : Upper(error.Clock).ToLowerInvariant();

    public static object Error(Error error) => error == null ? null : Map(
        "status", Upper(error.Status), "message", error.Message, "http_status", error.HttpStatus, "code", error.Code, "type", error.Type,
        "param", error.Param, "body", error.Body == null ? null : BitConverter.ToString(error.Body).Replace("-", "").ToLowerInvariant(),
        "clock", Clock(error), "retry_after_ms", (long)(error.RetryAfter?.TotalMilliseconds ?? -1), "request_id", error.RequestId,
        "attempts", Attempts(error.Attempts), "completion", Completion(error.Completion));
}

/// <summary>The chunks of an event, put together.</summary>
sealed class Event
{
    readonly string json;
    readonly Dictionary<int, Dictionary<string, object>> choices = new Dictionary<int, Dictionary<string, object>>();
    object usage;

    public Event(string json) { this.json = json; }

    public object Form() => Forms.Map("json", json, "usage", usage, "choices", choices.Values.Select(one =>
    {
        var calls = (Dictionary<int, Dictionary<string, object>>)one["tool_calls"];
        return new Dictionary<string, object>(one) { ["tool_calls"] = calls.Values.ToList() };
    }).ToList());

    public void Take(Chunk chunk)
    {
        if (chunk.Usage != null) usage = Forms.Usage(chunk.Usage, -1);
        if (chunk.Choice < 0) return;
        if (!choices.TryGetValue(chunk.Choice, out var choice))
            choices[chunk.Choice] = choice = Forms.Map("index", chunk.Choice, "tool_calls", new Dictionary<int, Dictionary<string, object>>());
        if (chunk.Kind == Kind.ToolCall)
        {
            var calls = (Dictionary<int, Dictionary<string, object>>)choice["tool_calls"];
            if (!calls.TryGetValue(chunk.ToolCall, out var call)) calls[chunk.ToolCall] = call = Forms.Map("index", chunk.ToolCall);
            Add(call, "id", chunk.ToolCallId);
            Add(call, "name", chunk.ToolCallName);
            Add(call, "arguments", chunk.Text);
        }
        else if (chunk.Kind == Kind.Content || chunk.Kind == Kind.Reasoning || chunk.Kind == Kind.Refusal) Add(choice, Forms.Upper(chunk.Kind).ToLowerInvariant(), chunk.Text);
        else if (chunk.Kind == Kind.Finish) Add(choice, "finish_reason", chunk.Text);
    }

    static void Add(Dictionary<string, object> into, string key, string text)
    {
        into.TryGetValue(key, out object before);
        into[key] = (string)before + text;
    }
}
