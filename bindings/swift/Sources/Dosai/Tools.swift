/// A function that the model may call.
public struct Tool: Sendable {
  let name: String
  let description: String?
  let parameters: String?
  let run: @Sendable (String) async throws -> String

  /// The parameters are a JSON schema. The function gets the arguments, JSON as the model wrote it, and gives what the model
  /// is told.
  public init(
    name: String, description: String? = nil, parameters: String? = nil,
    _ run: @escaping @Sendable (String) async throws -> String
  ) {
    (self.name, self.description, self.parameters, self.run) = (name, description, parameters, run)
  }

  fileprivate static func result(of call: ToolCall, _ tools: [Tool]) async -> String {
    guard let tool = tools.first(where: { $0.name == call.name }) else {
      return "error: there is no function \(call.name ?? "")"
    }
    do {
      return try await tool.run(call.arguments ?? "")
    } catch {
      return "error: \(error)"
    }
  }
}

extension Request {
  fileprivate mutating func add(_ answer: Completion, _ calls: [ToolCall], _ results: [Int: String]) throws(DosaiError)
  {
    try add(answer)
    for (at, call) in calls.enumerated() { try addToolResult(id: call.id ?? "", results[at] ?? "") }
  }
}

extension Client {
  /// Asks the model, runs the functions that it calls, those of one answer at once, tells it the results, and so on until it
  /// answers. What a function throws is told to the model, too. Gives its last answer, and the request, which has grown by the
  /// answers with calls and their results, but not by the tools. After `maxRounds` answers that still have calls, the status
  /// is `tooLarge`; if an answer with calls was cut short, `truncated`. Those calls do not run. A tool_choice that forces a
  /// call holds for the first question.
  public nonisolated(nonsending) func runTools(
    _ request: Request, _ tools: [Tool], maxRounds: Int = 10, _ options: CallOptions = CallOptions()
  ) async throws(DosaiError) -> (answer: Completion, request: Request) {
    var (request, sent) = (request, request)  // in the first, the tools would come again with the next question
    for tool in tools {
      try sent.addTool(name: tool.name, description: tool.description, parameters: tool.parameters)
    }
    var round = 1
    while true {
      let answer = try await chat(sent, options)
      guard let choice = answer.choices.first, !choice.toolCalls.isEmpty else { return (answer, request) }
      if choice.finishReason == .length || choice.finishReason == .contentFilter {
        throw DosaiError(.truncated, "an answer with calls was cut short: \(choice.finishReason)", answer)
      }
      if round >= maxRounds { throw DosaiError(.tooLarge, "the model still calls functions in round \(round)", answer) }
      round += 1
      let calls = choice.toolCalls
      let results = await withTaskGroup(of: (Int, String).self) { group in
        for (at, call) in calls.enumerated() { group.addTask { (at, await Tool.result(of: call, tools)) } }
        return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
      }
      try request.add(answer, calls, results)
      try sent.add(answer, calls, results)
      if let later = sent.unforcedChoice { try sent.set("tool_choice", json: later) }
    }
  }
}
