import CLibdosai

/// The answer to a chat request, or the part of it that arrived. What is not here is in `json`.
public struct Completion: Sendable {
  let handle: Handle

  init(_ handle: Handle) { self.handle = handle }

  init(copy borrowed: OpaquePointer) throws(DosaiError) {
    handle = try make(dosai_completion_free) { dosai_completion_copy(borrowed, $0, $1) }
  }

  private func read(_ getter: (OpaquePointer?, UnsafeMutablePointer<Int>?) -> UnsafePointer<CChar>?) -> String? {
    Dosai.text { getter(handle.pointer, $0) }
  }

  /// The content of the first choice; "" if it has none.
  public var text: String { choices.first?.content ?? "" }
  public var id: String? { read(dosai_completion_id) }
  public var object: String? { read(dosai_completion_object) }
  /// Unix time in seconds.
  public var created: Int? {
    let time = dosai_completion_created(handle.pointer)
    return time < 0 ? nil : Int(time)
  }
  /// The model that the server names.
  public var model: String? { read(dosai_completion_model) }
  /// Sorted by the server's index.
  public var choices: [Choice] { (0..<dosai_completion_choice_count(handle.pointer)).map { Choice(handle, $0) } }
  public var usage: Usage {
    var usage = dosai_usage()
    usage.struct_size = UInt32(MemoryLayout<dosai_usage>.size)
    dosai_completion_usage(handle.pointer, &usage)
    return Usage(usage)
  }
  public var timings: Timings { Timings { dosai_completion_timings(handle.pointer, $0) } }
  public var httpStatus: Int { Int(dosai_completion_http_status(handle.pointer)) }
  public var requestID: String? { read(dosai_completion_request_id) }
  /// What was unusual in the answer.
  public var quirks: Quirks { Quirks(rawValue: dosai_completion_quirks(handle.pointer)) }
  /// The last one got the answer.
  public var attempts: [Attempt] {
    Attempt.list(dosai_completion_attempt_count(handle.pointer)) { dosai_completion_attempt(handle.pointer, $0, $1) }
  }
  /// The whole answer, as the server sent it, or assembled from a stream.
  public var json: String { read(dosai_completion_json) ?? "" }
  /// A header of the response.
  public func header(_ name: String) -> String? { Dosai.text { dosai_completion_header(handle.pointer, name, $0) } }
}

/// One of the answers.
public struct Choice: Sendable {
  private let handle: Handle
  private let at: Int32

  init(_ handle: Handle, _ at: Int32) { (self.handle, self.at) = (handle, at) }

  private func read(_ getter: (OpaquePointer?, Int32, UnsafeMutablePointer<Int>?) -> UnsafePointer<CChar>?) -> String? {
    text { getter(handle.pointer, at, $0) }
  }

  /// The server's number of the choice.
  public var index: Int { Int(dosai_completion_choice_index(handle.pointer, at)) }
  public var role: String? { read(dosai_completion_role) }
  public var content: String? { read(dosai_completion_content) }
  public var refusal: String? { read(dosai_completion_refusal) }
  public var reasoning: String? { read(dosai_completion_reasoning) }
  public var finishReason: FinishReason { FinishReason(rawValue: dosai_completion_finish_reason(handle.pointer, at)) }
  /// In the server's word.
  public var finishReasonText: String? { read(dosai_completion_finish_reason_text) }
  public var toolCalls: [ToolCall] {
    (0..<dosai_completion_tool_call_count(handle.pointer, at)).map { call in
      ToolCall(
        id: text { dosai_completion_tool_call_id(handle.pointer, at, call, $0) },
        name: text { dosai_completion_tool_call_name(handle.pointer, at, call, $0) },
        arguments: text { dosai_completion_tool_call_arguments(handle.pointer, at, call, $0) })
    }
  }
  /// The message, with fields that are not here.
  public var messageJSON: String { read(dosai_completion_message_json) ?? "" }
}

/// A function that the model calls.
public struct ToolCall: Sendable, Hashable {
  public let id: String?
  public let name: String?
  /// As the model wrote them: not necessarily valid JSON.
  public let arguments: String?
}

/// The answer to a GET or a POST.
public struct Response: Sendable {
  let handle: Handle

  /// The body, as the server sent it.
  public var json: String { text { dosai_response_json(handle.pointer, $0) } ?? "" }
  public var httpStatus: Int { Int(dosai_response_http_status(handle.pointer)) }
  public var requestID: String? { text { dosai_response_request_id(handle.pointer, $0) } }
  public var timings: Timings { Timings { dosai_response_timings(handle.pointer, $0) } }
  public var attempts: [Attempt] {
    Attempt.list(dosai_response_attempt_count(handle.pointer)) { dosai_response_attempt(handle.pointer, $0, $1) }
  }
  public func header(_ name: String) -> String? { text { dosai_response_header(handle.pointer, name, $0) } }
}
