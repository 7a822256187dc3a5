import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// Events given to an builder one by one.
final class BuiltStream {
  let builder: CompletionBuilder
  private let limits: Limits
  private var document: Document?  // what lends the chunks

  init(limits: Limits = Limits()) {
    self.limits = limits
    builder = CompletionBuilder(limits: limits)
  }

  /// Adds an event, and gives its chunks as lines.
  @discardableResult
  func add(_ json: String, isAnswer: Bool = false) throws -> [String] {
    let document = try Document.read(json, limits: limits)
    self.document = document
    try builder.add(document.root, isAnswer: isAnswer)
    return builder.chunks.map(Self.line)
  }

  /// Adds an event of one choice, in the documented form.
  @discardableResult
  func add(delta: String, finish: String = "null") throws -> [String] {
    try add(Self.event(#"{"index":0,"delta":\#(delta),"finish_reason":\#(finish)}"#))
  }

  static func event(_ choices: String, _ more: String = "") -> String {
    #"{"id":"c-1","object":"chat.completion.chunk","created":1711000000,"model":"m","choices":[\#(choices)]\#(more)}"#
  }

  /// A completion with the fields of `event`, its members in order.
  static func whole(_ choices: String, _ more: String = "") throws -> String {
    let fields = #""id":"c-1","object":"chat.completion","created":1711000000,"model":"m""#
    return try sorted(#"{\#(fields),"choices":[\#(choices)]\#(more)}"#)
  }

  /// The completion, its members in order.
  func completion() throws -> String {
    let text = Buffer()
    try builder.write(to: text)
    return try sorted(text.string)
  }

  /// The message of the completion's first choice, its members in order.
  func message() throws -> String {
    try written { completion in
      let choice = try #require(completion.member("choices")?.element(0))
      return try sorted(try #require(choice.member("message")).text.string)
    }
  }

  /// Lends the completion.
  func written<Result>(_ body: (Value) throws -> Result) throws -> Result {
    let text = Buffer()
    try builder.write(to: text)
    let document = try Document.read(taking: text, limits: Limits())
    return try withExtendedLifetime(document) { try body(document.root) }
  }

  /// Kind, choice, and what else the chunk has.
  static func line(_ chunk: Chunk) -> String {
    var parts = ["\(chunk.kind)"]
    if chunk.choice >= 0 { parts.append("\(chunk.choice)") }
    if chunk.toolCall >= 0 { parts.append("#\(chunk.toolCall)") }
    if !chunk.toolCallID.isEmpty { parts.append("id=\(chunk.toolCallID.string)") }
    if !chunk.toolCallName.isEmpty { parts.append("name=\(chunk.toolCallName.string)") }
    if chunk.finishReason != .none { parts.append("\(chunk.finishReason)") }
    if let text = chunk.text { parts.append("'\(text.string)'") }
    return parts.joined(separator: " ")
  }
}
