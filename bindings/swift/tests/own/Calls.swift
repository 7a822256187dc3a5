import Dispatch
import Dosai
import Support
import Synchronization

func calls() async {
  await test("whole", whole)
  await test("streams", streams)
  await test("errors", errors)
  await test("wrong", wrong)
  await test("prints", prints)
  await test("others", others)
  await test("values", values)
  await test("tools", tools)
  await test("many results", manyResults)
  await test("a forced call", forced)
  await test("many", many)
  await test("threads", threads)
  await test("slow readers", slow)
  await test("actors", actors)
}

private let hello = "Hello! How can I help you today?"

private func whole() async throws {
  let client = try client("hello")
  for answer in [try client.blocking.chat(try question()), try await client.chat(try question())] {
    try same(hello, answer.text)
    try same(.stop, answer.choices[0].finishReason)
    try same("stop", answer.choices[0].finishReasonText)
    try same(0, answer.choices[0].toolCalls.count)
    try same("assistant", answer.choices[0].role)
    try same(hello, JSON(answer.json)["choices"]?.elements[0]["message"]?["content"]?.text)
    try same(JSON(answer.json)["id"]?.text, answer.id)
    try same(JSON(answer.json)["usage"]?["total_tokens"]?.int, answer.usage.totalTokens)
    try same(1, answer.attempts.count)
    try same(200, answer.httpStatus)
    try same(true, answer.timings.total != nil && answer.timings.firstToken == nil)
    try same("application/json", answer.header("Content-Type"))
    try same(nil, answer.header("x-none"))
    try same([], answer.quirks)
  }
}

private func streams() async throws {
  let client = try client("hello")
  let stream = client.stream(try question())
  try same(nil, stream.completion?.text)
  for _ in 0..<2 {
    let chunks = client.blocking.stream(try question())
    try same(hello, try contents(chunks))
    try same(hello, chunks.completion?.text)
    try same(true, try chunks.next() == nil)
    try same(hello, try await contentsAsync(stream))
    try same(hello, stream.completion?.text)
  }
  var chunks = stream.makeAsyncIterator()
  var reason = FinishReason.none
  while let chunk = try await chunks.next() {
    if chunk.kind == .finish { reason = chunk.finishReason }
    try same(true, JSON(chunk.json)["choices"] != nil)
  }
  try same(.stop, reason)
  let rest = try await chunks.next()
  try same(true, rest == nil)
}

private func errors() async throws {
  let limited = try client("limited")
  let error = try fails(.rateLimited) { _ = try limited.blocking.chat(try question()) }
  try same(429, error.httpStatus)
  try same(true, error.isRetryable)
  try same(true, error.description.hasPrefix("RATE_LIMITED: ") && error.message.contains("Slow down."))
  try same([.rateLimited], error.attempts.map(\.status))
  try same(true, error.body.map { String(decoding: $0, as: UTF8.self).contains("Slow down.") })
  try await failsAsync(.rateLimited) { _ = try await limited.chat(try question()) }
  try await failsAsync(.rateLimited) { _ = try await contentsAsync(limited.stream(try question())) }
  let half = try client("half")
  try same("0 1 2 ", try fails(.truncated) { _ = try contents(half.blocking.stream(try question())) }.completion?.text)
  try same(
    "0 1 2 ",
    try await failsAsync(.truncated) { _ = try await contentsAsync(half.stream(try question())) }.completion?.text)
  let slow = try client("endless") { $0.idleTimeout = .milliseconds(50) }
  try same(.idle, try fails(.timeout) { _ = try contents(slow.blocking.stream(try question())) }.clock)
  var chunks = slow.stream(try question()).makeAsyncIterator()
  for _ in 0..<3 { _ = try await chunks.next() }
  for _ in 0..<2 {  // it stays so
    do throws(DosaiError) {
      _ = try await chunks.next()
    } catch {
      try same(.idle, error.clock)
      continue
    }
    throw Wrong("it goes on")
  }
}

/// No key, password or header.
private func prints() async throws {
  var options = ClientOptions(baseURL: "http://127.0.0.1?key=secret", apiKey: "secret")
  (options.headers, options.clientKeyPassword) = (["x-key: secret"], "secret")
  var call = CallOptions(totalTimeout: .seconds(7))
  call.headers = ["x-key: secret"]
  var printed = "\(options) \(call)"
  dump((options, call), to: &printed)
  try same(false, printed.contains("secret"))
  try same(true, printed.contains("http://127.0.0.1") && printed.contains("7.0 seconds"))
}

private func wrong() async throws {
  try fails(.invalidArgument) { _ = try Request(json: "[]") }
  var request = try question()
  let before = request.json
  try fails(.invalidArgument) { try request.set("temperature", 3.0) }
  try fails(.invalidArgument) { try request.set("top_p", .nan) }
  try fails(.invalidArgument) { try request.set("a\0b", 1) }
  try fails(.invalidArgument) { try request.add(Message(role: "us\0er", content: "")) }
  try fails(.invalidArgument) { try request.setJSONSchema(name: "no blanks", "{}") }
  try same(before, request.json)
  try fails(.invalidArgument) { _ = try Client(ClientOptions(baseURL: "nonsense")) }
  let told = try fails(.invalidArgument) { _ = try client("hello") { $0.apiKey = "secret\0" } }
  try same(false, "\(told)".contains("secret"))
  try fails(.invalidArgument) { _ = try client("hello") { $0.requestsPerMinute = -2 } }
  let busy = try client("hello") { $0.maxInFlight = -1 }
  try await failsAsync(.invalidArgument) { _ = try await busy.chat(try question()) }
  let hello = try client("hello")
  try await failsAsync(.invalidArgument) { _ = try await hello.get("no slash") }
  try await failsAsync(.invalidArgument) { _ = try await contentsAsync(hello.postStream("/a\0b", json: "{}")) }
  var call = CallOptions(totalTimeout: .nanoseconds(1))
  try await failsAsync(.timeout) { _ = try await (try client("endless")).chat(try question(), call) }
  call.totalTimeout = .milliseconds(-2)  // none
  _ = try await hello.chat(try question(), call)
}

private func others() async throws {
  let echo = try client("echo")
  try same("GET", JSON(try echo.blocking.get("/models").json)["method"]?.text)
  try same("GET", JSON(try await echo.get("/models").json)["method"]?.text)
  try same(#"{"n":1}"#, JSON(try echo.blocking.post("/embeddings", json: #"{"n":1}"#).json)["body"]?.text)
  try same(#"{"n":1}"#, JSON(try await echo.post("/embeddings", json: #"{"n":1}"#).json)["body"]?.text)
  var options = CallOptions()
  options.lastEvent = "end"
  let stream = try client("events").postStream("/responses", json: "{}", options)
  func say(_ chunk: Chunk) -> String {
    "\(chunk.kind) \(chunk.eventType ?? "") \(chunk.text ?? "") \(chunk.eventID ?? "")"
  }
  var said: [String] = []
  for try await chunk in stream { said.append(say(chunk)) }
  try same(["event said {} 4", "event end {} 4"], said)
  let chunks = try client("events").blocking.postStream("/responses", json: "{}", options)
  while let chunk = try chunks.next() { said.append(say(chunk)) }
  try same(said.prefix(2), said.dropFirst(2).prefix(2) as ArraySlice<String>)
}

/// A copy of a request is another; a stream sends what it was made of.
private func values() async throws {
  let echo = try client("echo")
  var request = try question("before")
  let copy = request
  let stream = echo.stream(request)
  try request.set("model", "after")
  try same("before", JSON(copy.json)["model"]?.text)
  try same("after", JSON(request.json)["model"]?.text)
  try same(true, try await contentsAsync(stream).contains(#""before""#))
  try same(true, try await contentsAsync(echo.stream(request)).contains(#""after""#))
  try request.addTool(name: "f")
  try request.setToolChoice("f")
  try request.addStop("x")
  try request.set("user", "u")
  try request.set("seed", 7)
  try request.set("temperature", 0.5)
  try request.set("logit_bias", json: "{}")
  try request.addMessage(json: #"{"role":"user","content":[]}"#)
  try same(
    ["model", "messages", "tools", "tool_choice", "stop", "user", "seed", "temperature", "logit_bias"],
    JSON(request.json).members.map(\.0))
}

/// They are added in linear time: the request is not read again for each.
private func manyResults() async throws {
  func took(_ count: Int) throws -> Duration {
    var request = try question()
    let result = String(repeating: "x", count: 1000)
    return try ContinuousClock().measure { for _ in 0..<count { try request.addToolResult(id: "1", result) } }
  }
  func least(_ count: Int) throws -> Duration { try (0..<3).map { _ in try took(count) }.min() ?? .zero }
  try same(true, least(4000) < max(least(500), .milliseconds(20)) * 20)
}

private func tools() async throws {
  let add = Tool(name: "add", description: "Adds", parameters: #"{"type":"object"}"#) { text in
    let given = JSON(text)
    guard let a = given["a"]?.int, let b = given["b"]?.int else { throw Wrong("the arguments are no object") }
    return "{\"sum\":\(a + b)}"
  }
  let fail = Tool(name: "fail") { _ in
    try await Task.sleep(for: .milliseconds(1))
    throw Wrong("no luck")
  }
  let model = try client("model")
  let told = "{\"sum\":3}|error: no luck|error: there is no function nobody|error: the arguments are no object"
  let (answer, request) = try await model.runTools(try question(), [add, fail])
  try same(told, answer.text)
  let messages = JSON(request.json)["messages"]?.elements ?? []
  try same(6, messages.count)
  try same(1, messages[1]["own"]?.int)
  let (_, whole) = try await model.runTools(try Request(json: #"{"model":"nul","messages":[]}"#), [add])
  try same("3\0", JSON(whole.json)["messages"]?.elements[4]["tool_call_id"]?.text)
  let error = try await failsAsync(.tooLarge) {
    _ = try await model.runTools(try question(), [add], maxRounds: 1)
  }
  try same(4, error.completion?.choices[0].toolCalls.count)
  let task = Task {
    let late = Tool(name: "add") { _ in
      withUnsafeCurrentTask { $0?.cancel() }
      try await Task.sleep(for: .seconds(100))
      return ""
    }
    _ = try await model.runTools(try question(), [late])
  }
  try await Task.sleep(for: .milliseconds(100))
  task.cancel()
  _ = try? await task.value
}

/// The function gets what the first question forced, and the answer is the second question.
private func forced() async throws {
  let tool = Tool(name: "add") { $0 }
  let model = try client("forced")
  for line in (environment("DOSAI_TEST_CHOICES") ?? "").split(separator: "\n") {
    let parts = line.split(separator: "\t")
    let (choice, second) = (String(parts[0]), String(parts[1]))
    let asked =
      #"{"own":{"tool_choice":"required"}, "messages":[{"role":"user","content":"\"tool_choice\":"}], "tool_choice" : "#
    let (answer, request) = try await model.runTools(try Request(json: asked + choice + " }"), [tool])
    let sent = JSON(answer.text)
    try same(choice, sent["messages"]?.elements.last?["content"]?.text)
    try same(true, answer.text.contains("\"tool_choice\" : \(second)"))
    try same(["own", "messages", "tool_choice", "tools"], sent.members.map(\.0))
    // The tools would come again with the next question.
    try same(["own", "messages", "tool_choice"], JSON(request.json).members.map(\.0))
    try same(true, request.json.hasSuffix("\"tool_choice\" : \(choice) }"))
  }
}

private func many() async throws {
  let echo = try client("echo") { $0.maxInFlight = 20 }
  try await withThrowingTaskGroup(of: Void.self) { group in
    for at in 0..<200 {
      group.addTask {
        try same("m\(at)", JSON(try await echo.chat(try question("m\(at)")).text)["model"]?.text)
        try same(true, try await contentsAsync(echo.stream(try question("m\(at)"))).contains("\"m\(at)\""))
      }
    }
    try await group.waitForAll()
  }
}

private func threads() async throws {
  let echo = try client("echo")
  let wrong = Mutex<[String]>([])
  DispatchQueue.concurrentPerform(iterations: 16) { at in
    do {
      for _ in 0..<10 {
        try same("m\(at)", JSON(try echo.blocking.chat(try question("m\(at)")).text)["model"]?.text)
        try same(true, try contents(echo.blocking.stream(try question("m\(at)"))).contains("\"m\(at)\""))
      }
    } catch {
      wrong.withLock { $0.append("\(error)") }
    }
  }
  try same([], wrong.withLock { $0 })
}

/// Who reads slowly gets all; meanwhile the connection waits.
private func slow() async throws {
  var count = 0
  for try await chunk in try client("many").stream(try question()) where chunk.kind == .content {
    if count % 2000 == 0 { try await Task.sleep(for: .milliseconds(5)) }
    try same("\(count) ", chunk.content)
    count += 1
  }
  try same(20000, count)
}

private actor Reader {
  var text = ""
  func read(_ stream: ChatStream) async throws {
    for try await chunk in stream {
      assertIsolated()
      text += chunk.content
    }
  }
}

private func actors() async throws {
  let reader = Reader()
  try await reader.read(try client("hello").stream(try question()))
  try same(hello, await reader.text)
}
