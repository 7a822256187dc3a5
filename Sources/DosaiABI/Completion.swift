import CDosai
import DosAIEngine
import DosaiCore

extension Completion: Handled { static var typeTag: UInt32 { 0x434F_4D50 } }

private func peek(_ completion: OpaquePointer?) -> Completion? { Handle.peek(completion, Completion.self) }

private func choice(_ completion: OpaquePointer?, _ position: Int32) -> CompletionFields.Choice? {
  guard let choices = peek(completion)?.fields.choices, position >= 0, position < choices.count else { return nil }
  return choices[Int(position)]
}

private func toolCall(_ completion: OpaquePointer?, _ position: Int32, _ call: Int32) -> CompletionFields.ToolCall? {
  guard let calls = choice(completion, position)?.toolCalls, call >= 0, call < calls.count else { return nil }
  return calls[Int(call)]
}

@implementation @_cdecl("dosai_completion_id")
public func dosai_completion_id(
  _ completion: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(peek(completion)?.id, out_length) }

@implementation @_cdecl("dosai_completion_object")
public func dosai_completion_object(
  _ completion: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(peek(completion)?.object, out_length) }

@implementation @_cdecl("dosai_completion_created")
public func dosai_completion_created(_ completion: OpaquePointer?) -> Int64 { peek(completion)?.fields.created ?? -1 }

@implementation @_cdecl("dosai_completion_model")
public func dosai_completion_model(
  _ completion: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(peek(completion)?.model, out_length) }

@implementation @_cdecl("dosai_completion_choice_count")
public func dosai_completion_choice_count(_ completion: OpaquePointer?) -> Int32 {
  Int32(truncatingIfNeeded: peek(completion)?.fields.choices.count ?? 0)
}

@implementation @_cdecl("dosai_completion_choice_index")
public func dosai_completion_choice_index(_ completion: OpaquePointer?, _ choice: Int32) -> Int32 {
  DosaiABI.choice(completion, choice)?.index ?? -1
}

@implementation @_cdecl("dosai_completion_role")
public func dosai_completion_role(
  _ completion: OpaquePointer?, _ choice: Int32, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(DosaiABI.choice(completion, choice)?.role, out_length) }

@implementation @_cdecl("dosai_completion_content")
public func dosai_completion_content(
  _ completion: OpaquePointer?, _ choice: Int32, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(DosaiABI.choice(completion, choice)?.content, out_length) }

@implementation @_cdecl("dosai_completion_refusal")
public func dosai_completion_refusal(
  _ completion: OpaquePointer?, _ choice: Int32, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(DosaiABI.choice(completion, choice)?.refusal, out_length) }

@implementation @_cdecl("dosai_completion_reasoning")
public func dosai_completion_reasoning(
  _ completion: OpaquePointer?, _ choice: Int32, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(DosaiABI.choice(completion, choice)?.reasoning, out_length) }

@implementation @_cdecl("dosai_completion_finish_reason")
public func dosai_completion_finish_reason(_ completion: OpaquePointer?, _ choice: Int32) -> dosai_finish_reason {
  FinishReason(DosaiABI.choice(completion, choice)?.finishWord ?? .empty).rawValue
}

@implementation @_cdecl("dosai_completion_finish_reason_text")
public func dosai_completion_finish_reason_text(
  _ completion: OpaquePointer?, _ choice: Int32, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(DosaiABI.choice(completion, choice)?.finishWord, out_length) }

@implementation @_cdecl("dosai_completion_tool_call_count")
public func dosai_completion_tool_call_count(_ completion: OpaquePointer?, _ choice: Int32) -> Int32 {
  Int32(truncatingIfNeeded: DosaiABI.choice(completion, choice)?.toolCalls.count ?? 0)
}

@implementation @_cdecl("dosai_completion_tool_call_id")
public func dosai_completion_tool_call_id(
  _ completion: OpaquePointer?, _ choice: Int32, _ tool_call: Int32, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(toolCall(completion, choice, tool_call)?.id, out_length) }

@implementation @_cdecl("dosai_completion_tool_call_name")
public func dosai_completion_tool_call_name(
  _ completion: OpaquePointer?, _ choice: Int32, _ tool_call: Int32, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(toolCall(completion, choice, tool_call)?.name, out_length) }

@implementation @_cdecl("dosai_completion_tool_call_arguments")
public func dosai_completion_tool_call_arguments(
  _ completion: OpaquePointer?, _ choice: Int32, _ tool_call: Int32, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(toolCall(completion, choice, tool_call)?.arguments, out_length) }

@implementation @_cdecl("dosai_completion_message_json")
public func dosai_completion_message_json(
  _ completion: OpaquePointer?, _ choice: Int32, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(try? peek(completion)?.message(Int(choice)), out_length) }

@implementation @_cdecl("dosai_completion_json")
public func dosai_completion_json(
  _ completion: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(peek(completion)?.json, out_length) }

@implementation @_cdecl("dosai_completion_usage")
public func dosai_completion_usage(
  _ completion: OpaquePointer?, _ out_usage: UnsafeMutablePointer<dosai_usage>?
) -> dosai_status {
  guard let completion = peek(completion) else { return Status.invalidArgument.rawValue }
  return fill(out_usage, from: dosai_usage(completion.fields.usage))
}

@implementation @_cdecl("dosai_completion_timings")
public func dosai_completion_timings(
  _ completion: OpaquePointer?, _ out_timings: UnsafeMutablePointer<dosai_timings>?
) -> dosai_status { fill(out_timings, peek(completion)?.facts.timings) }

@implementation @_cdecl("dosai_completion_request_id")
public func dosai_completion_request_id(
  _ completion: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(peek(completion)?.facts.headers.requestID, out_length) }

@implementation @_cdecl("dosai_completion_header")
public func dosai_completion_header(
  _ completion: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? {
  lend(peek(completion)?.facts.header(name), out_length)
}

@implementation @_cdecl("dosai_completion_headers")
public func dosai_completion_headers(
  _ completion: OpaquePointer?, _ out_length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? { lend(peek(completion)?.facts.headers.list, out_length) }

@implementation @_cdecl("dosai_completion_http_status")
public func dosai_completion_http_status(_ completion: OpaquePointer?) -> Int32 {
  peek(completion)?.facts.headers.httpStatus ?? 0
}

@implementation @_cdecl("dosai_completion_attempt_count")
public func dosai_completion_attempt_count(_ completion: OpaquePointer?) -> Int32 {
  Int32(truncatingIfNeeded: peek(completion)?.facts.attempts.count ?? 0)
}

@implementation @_cdecl("dosai_completion_attempt")
public func dosai_completion_attempt(
  _ completion: OpaquePointer?, _ index: Int32, _ out_attempt: UnsafeMutablePointer<dosai_attempt>?
) -> dosai_status { fill(out_attempt, peek(completion)?.facts.attempts, index) }

@implementation @_cdecl("dosai_completion_quirks")
public func dosai_completion_quirks(_ completion: OpaquePointer?) -> UInt32 {
  peek(completion)?.facts.quirks.rawValue ?? 0
}

@implementation @_cdecl("dosai_quirk_name")
public func dosai_quirk_name(_ quirk: UInt32) -> UnsafePointer<CChar>? { Quirks.name(quirk).flatMap { lend($0) } }

@implementation @_cdecl("dosai_completion_copy")
public func dosai_completion_copy(
  _ completion: OpaquePointer?, _ out_completion: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_completion, "out_completion: is NULL")
    try out.give(try Handle.borrow(completion, Completion.self, "completion: is not a completion"))
  }
}

@implementation @_cdecl("dosai_completion_free")
public func dosai_completion_free(_ completion: OpaquePointer?) { Handle.free(completion, Completion.self) }

extension dosai_usage {
  init(_ usage: Usage) {
    self.init()
    struct_size = UInt32(MemoryLayout<dosai_usage>.size)
    prompt_tokens = usage.promptTokens
    completion_tokens = usage.completionTokens
    total_tokens = usage.totalTokens
    cached_tokens = usage.cachedTokens
    reasoning_tokens = usage.reasoningTokens
  }
}

extension AnswerFacts {
  func header(_ name: CString?) -> Bytes? { name.flatMap { headers.value(cStringBytes($0)) } }
}
