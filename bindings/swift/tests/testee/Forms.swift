// In the forms that Tests/Bindings/README.md describes.
import Dosai
import Support

func number(_ value: Int?, _ unknown: String = "-1") -> String { value.map { "\($0)" } ?? unknown }

func milliseconds(_ time: Duration?, _ unknown: String = "null") -> String {
  guard let (seconds, rest) = time?.components else { return unknown }
  let microseconds = seconds * 1_000_000 + rest / 1_000_000_000_000
  return microseconds % 1000 == 0 ? "\(microseconds / 1000)" : "\(Double(microseconds) / 1000)"
}

func form(_ usage: Usage, _ unknown: String = "-1") -> String {
  JSON.object([
    "prompt_tokens": number(usage.promptTokens, unknown), "completion_tokens": number(usage.completionTokens, unknown),
    "total_tokens": number(usage.totalTokens, unknown), "cached_tokens": number(usage.cachedTokens, unknown),
    "reasoning_tokens": number(usage.reasoningTokens, unknown),
  ])
}

func form(_ attempts: [Attempt]) -> String {
  JSON.array(
    attempts.map {
      JSON.object([
        "status": JSON.quote("\($0.status)"), "http_status": number($0.httpStatus, "0"),
        "delay_ms": milliseconds($0.delay),
      ])
    })
}

func form(_ choice: Choice) -> String {
  let calls = choice.toolCalls.map {
    JSON.object(["id": JSON.quote($0.id), "name": JSON.quote($0.name), "arguments": JSON.quote($0.arguments)])
  }
  return JSON.object([
    "index": "\(choice.index)", "role": JSON.quote(choice.role), "content": JSON.quote(choice.content),
    "refusal": JSON.quote(choice.refusal), "reasoning": JSON.quote(choice.reasoning),
    "finish_reason": JSON.quote(choice.finishReasonText), "tool_calls": JSON.array(calls),
  ])
}

func form(_ quirks: Quirks) -> String { JSON.array(quirks.names.map(JSON.quote)) }

func form(_ answer: Completion?) -> String {
  guard let answer else { return "null" }
  return JSON.object([
    "json": JSON.quote(answer.json), "id": JSON.quote(answer.id), "object": JSON.quote(answer.object),
    "created": number(answer.created), "model": JSON.quote(answer.model),
    "choices": JSON.array(answer.choices.map(form)),
    "usage": form(answer.usage), "quirks": form(answer.quirks), "http_status": "\(answer.httpStatus)",
    "attempts": form(answer.attempts),
  ])
}

func clock(_ error: DosaiError) -> String { error.clock == .none ? "null" : JSON.quote("\(error.clock)") }

func form(_ error: DosaiError?) -> String {
  guard let error else { return "null" }
  let body = error.body?.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  return JSON.object([
    "status": JSON.quote("\(error.status)"), "message": JSON.quote(error.message),
    "http_status": number(error.httpStatus, "0"),
    "code": JSON.quote(error.code), "type": JSON.quote(error.type), "param": JSON.quote(error.param),
    "body": JSON.quote(body),
    "clock": clock(error), "retry_after_ms": milliseconds(error.retryAfter, "-1"),
    "request_id": JSON.quote(error.requestID),
    "attempts": form(error.attempts), "completion": form(error.completion),
  ])
}

/// The chunks of an event, put together.
struct Event {
  struct Choice {
    var texts: [String: String] = [:]
    var calls: [(at: Int, texts: [String: String])] = []
  }
  let json: String
  var usage: Usage?
  var choices: [Int: Choice] = [:]

  mutating func take(_ chunk: Chunk) {
    if let counts = chunk.usage { usage = counts }
    guard let at = chunk.choice else { return }
    var choice = choices[at] ?? Choice()
    switch chunk.kind {
    case .content, .reasoning, .refusal: choice.texts["\(chunk.kind)", default: ""] += chunk.text ?? ""
    case .finish: choice.texts["finish_reason", default: ""] += chunk.text ?? ""
    case .toolCall:
      let number = chunk.toolCall ?? -1
      let at = choice.calls.firstIndex { $0.at == number } ?? choice.calls.count
      if at == choice.calls.count { choice.calls.append((number, [:])) }
      choice.calls[at].texts["id", default: ""] += chunk.toolCallID ?? ""
      choice.calls[at].texts["name", default: ""] += chunk.toolCallName ?? ""
      choice.calls[at].texts["arguments", default: ""] += chunk.text ?? ""
    default: break
    }
    choices[at] = choice
  }

  var form: String {
    let made = choices.map { index, choice in
      let calls = choice.calls.map { "{\"index\":\($0.at)" + members($0.texts) + "}" }
      return "{\"index\":\(index),\"tool_calls\":\(JSON.array(calls))" + members(choice.texts) + "}"
    }
    return JSON.object([
      "json": JSON.quote(json), "usage": usage.map { testee.form($0) } ?? "null", "choices": JSON.array(made),
    ])
  }

  private func members(_ texts: [String: String]) -> String {
    texts.map { "," + JSON.quote($0.key) + ":" + JSON.quote($0.value) }.joined()
  }
}
