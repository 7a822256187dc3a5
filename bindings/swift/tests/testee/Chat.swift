// `testee chat --json`, as the tool does it.
import Dosai
import Support

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

private func line(_ json: String) -> String { String(json.map { $0.isNewline ? " " : $0 }) }

private func show(_ chunk: Chunk) -> Bool {
  var shown = [("kind", JSON.quote("\(chunk.kind)")), ("choice", number(chunk.choice))]
  switch chunk.kind {
  case .content, .reasoning, .refusal: shown.append(("text", JSON.quote(chunk.text)))
  case .toolCall:
    shown += [("tool_call", number(chunk.toolCall)), ("id", JSON.quote(chunk.toolCallID))]
    shown += [("name", JSON.quote(chunk.toolCallName)), ("text", JSON.quote(chunk.text))]
  case .finish: shown.append(("finish_reason", JSON.quote(chunk.text)))
  case .usage: shown.append(("usage", chunk.usage.map { form($0, "null") } ?? "null"))
  default: shown.append(("json", line(chunk.json)))
  }
  print(JSON.object(["chunk": "{" + shown.map { JSON.quote($0) + ":" + $1 }.joined(separator: ",") + "}"]))
  return true
}

private func times(_ timings: Timings) -> String {
  JSON.object([
    "connect_ms": milliseconds(timings.connect), "first_byte_ms": milliseconds(timings.firstByte),
    "first_token_ms": milliseconds(timings.firstToken), "total_ms": milliseconds(timings.total),
  ])
}

private func finish(_ answer: Completion?, _ error: DosaiError?) {
  var failure = "null"
  if let error {
    failure = JSON.object([
      "message": JSON.quote(error.message), "http_status": number(error.httpStatus, "null"),
      "code": JSON.quote(error.code),
      "type": JSON.quote(error.type), "param": JSON.quote(error.param), "request_id": JSON.quote(error.requestID),
      "retry_after_ms": milliseconds(error.retryAfter),
      "body": JSON.quote(error.body.map { String(decoding: $0, as: UTF8.self) }), "timeout": clock(error),
    ])
  }
  let known = answer ?? error?.completion
  print(
    JSON.object([
      "status": JSON.quote("\(error?.status ?? .ok)"), "error": failure,
      "completion": known.map { line($0.json) } ?? "null",
      "quirks": form(known?.quirks ?? []), "attempts": "\((error?.attempts ?? answer?.attempts ?? []).count)",
      "timings": (error?.timings ?? answer?.timings).map(times) ?? "null",
    ]))
}

private func exitStatus(_ error: DosaiError?) -> Int32 {
  switch error?.status ?? .ok {
  case .ok: return 0
  case .invalidArgument: return 2
  case .connection, .proxy, .tls, .timeout, .redirected: return 3
  case .truncated, .protocol, .tooLarge: return 4
  case .cancelled: return 130
  case let status: return (error?.httpStatus ?? 0) >= 300 || (-28 ... -20).contains(status.rawValue) ? 1 : 5
  }
}

private func body(_ given: [String: String]) throws -> String {
  var members = [
    ("model", JSON.quote(given["-m"])),
    ("messages", JSON.array([JSON.object(["role": JSON.quote("user"), "content": JSON.quote(given[""])])])),
  ]
  if let path = given["--request"] {
    guard let file = fopen(path, "r") else { throw Unknown(what: path) }
    defer { fclose(file) }
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    for (key, value) in JSON(String(decoding: bytes, as: UTF8.self)).members {
      members.removeAll { $0.0 == key }
      members.append((key, value.raw))
    }
  }
  return "{" + members.map { JSON.quote($0) + ":" + $1 }.joined(separator: ",") + "}"
}

func chat(_ arguments: [String]) async throws -> Int32 {
  var given: [String: String] = [:]
  var rest = arguments[...]
  while let name = rest.popFirst() {
    let isFlag = ["--json", "--no-stream", "--async"].contains(name)
    given[name.hasPrefix("-") ? name : ""] = !name.hasPrefix("-") ? name : isFlag ? "" : rest.popFirst()
  }
  var options = ClientOptions(baseURL: given["--base-url"])
  options.maxRetries = given["--max-retries"].flatMap { Int($0) } ?? 2
  if options.maxRetries == 0 { options.maxRetries = -1 }
  if let timeout = given["--timeout"].flatMap({ Double($0) }) { options.totalTimeout = .seconds(timeout) }
  let isWhole = given["--no-stream"] != nil
  var answer: Completion?
  var error: DosaiError?
  do {
    let client = try Client(options)
    let request = try Request(json: try body(given))
    if given["--async"] == nil {
      answer = isWhole ? try client.blocking.chat(request) : try read(client.blocking.stream(request), nil, show)
    } else {
      answer = isWhole ? try await client.chat(request) : try await readAsync(client.stream(request), nil, show)
    }
  } catch let failure as DosaiError {
    error = failure
  }
  finish(answer, error)
  return exitStatus(error)
}
