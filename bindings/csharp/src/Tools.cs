using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Dosai
{
    /// <summary>A function that the model may call.</summary>
    public sealed class Tool
    {
        internal readonly string Name, Description, Parameters;
        readonly Func<string, CancellationToken, Task<string>> run;

        /// <summary>The parameters are a JSON schema. The function gets the arguments, JSON as the model wrote it, and gives what
        /// the model is told.</summary>
        public Tool(string name, string description, string parameters, Func<string, string> run)
            : this(name, description, parameters, (arguments, token) => Task.FromResult(run(arguments)))
        {
            if (run == null) throw new ArgumentNullException(nameof(run));
        }

        /// <summary>The same, of an asynchronous function.</summary>
        public Tool(string name, string description, string parameters, Func<string, CancellationToken, Task<string>> run)
        {
            Name = name ?? throw new ArgumentNullException(nameof(name));
            Description = description;
            Parameters = parameters;
            this.run = run ?? throw new ArgumentNullException(nameof(run));
        }

        /// <summary>On the pool: one that awaits could not go on in the context of a thread that waits for it.</summary>
        internal static Task<string[]> RunAll(IReadOnlyList<Tool> tools, IReadOnlyList<ToolCall> calls, CancellationToken token) =>
            Task.WhenAll(calls.Select(call => Task.Run(() => Run(tools, call, token), token)));

        static async Task<string> Run(IReadOnlyList<Tool> tools, ToolCall call, CancellationToken token)
        {
            Tool tool = tools.FirstOrDefault(one => one.Name == call.Name);
            if (tool == null) return "error: there is no function " + call.Name;
            try { return await tool.run(call.Arguments ?? "", token).ConfigureAwait(false) ?? ""; }
            catch (Exception error) when (!token.IsCancellationRequested) { return "error: " + TextOf(error); }
        }

        static string TextOf(Exception error)
        {
            try { return error.Message; }
            catch (Exception) { return "the function failed"; }
        }
    }

    public sealed partial class Client
    {
        /// <summary>Asks the model, runs the functions that it calls, tells it the results, and so on until it answers. What a
        /// function throws is told to the model, too. The functions of one answer run at once, on the pool. The request grows
        /// by the answers with calls and their results, but not by the tools. After maxRounds answers that still have calls,
        /// the status is TooLarge; if an answer with calls was cut short, Truncated. Those calls do not run. A tool_choice that
        /// forces a call holds for the first question.</summary>
        public Completion RunTools(Request request, IReadOnlyList<Tool> tools, int maxRounds = 10, CallOptions options = null,
            CancellationToken token = default(CancellationToken))
        {
            using (Request sent = WithTools(request, tools))
                for (int round = 1; ; round++)
                {
                    Completion answer = Chat(sent, options, token);
                    IReadOnlyList<ToolCall> calls = Calls(answer, round, maxRounds);
                    if (calls.Count == 0) return answer;
                    AddResults(request, sent, answer, calls, Tool.RunAll(tools, calls, token).GetAwaiter().GetResult());
                }
        }

        /// <summary>The same without a thread that waits.</summary>
        public async Task<Completion> RunToolsAsync(Request request, IReadOnlyList<Tool> tools, int maxRounds = 10, CallOptions options = null,
            CancellationToken token = default(CancellationToken))
        {
            using (Request sent = WithTools(request, tools))
                for (int round = 1; ; round++)
                {
                    Completion answer = await ChatAsync(sent, options, token).ConfigureAwait(false);
                    IReadOnlyList<ToolCall> calls = Calls(answer, round, maxRounds);
                    if (calls.Count == 0) return answer;
                    AddResults(request, sent, answer, calls, await Tool.RunAll(tools, calls, token).ConfigureAwait(false));
                }
        }

        /// <summary>A copy: the caller's request would get the tools again with each question.</summary>
        static Request WithTools(Request request, IReadOnlyList<Tool> tools)
        {
            Need(request, nameof(request));
            if (tools == null) throw new ArgumentNullException(nameof(tools));
            Request copy = request.Copy();
            foreach (Tool tool in tools) copy.AddTool(tool.Name, tool.Description, tool.Parameters);
            return copy;
        }

        static IReadOnlyList<ToolCall> Calls(Completion answer, int round, int maxRounds)
        {
            if (answer.Choices.Count == 0 || answer.Choices[0].ToolCalls.Count == 0) return new ToolCall[0];
            string reason = answer.Choices[0].FinishReason;
            if (reason == "length" || reason == "content_filter")
                throw new Error(Status.Truncated, "an answer with calls was cut short: " + reason, answer).ToException();
            if (round >= maxRounds)
                throw new Error(Status.TooLarge, "the model still calls functions in round " + round, answer).ToException();
            return answer.Choices[0].ToolCalls;
        }

        static void AddResults(Request request, Request sent, Completion answer, IReadOnlyList<ToolCall> calls, IReadOnlyList<string> results)
        {
            using (answer)
                foreach (Request each in new[] { sent, request }) // what one refuses has not changed the caller's
                {
                    each.Add(answer);
                    for (int at = 0; at < calls.Count; at++) each.AddToolResult(calls[at].Id, Native.Repaired(results[at]));
                }
            string later = sent.UnforcedChoice;
            if (later != null) sent.SetJson("tool_choice", later);
        }
    }
}
