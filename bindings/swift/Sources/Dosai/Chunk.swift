import CLibdosai

/// A piece of a stream. An event of the server yields one or more.
public struct Chunk: Sendable {
  /// What it is, and which of its fields are set.
  public let kind: ChunkKind
  /// The server's number of the choice; nil if none.
  public let choice: Int?
  /// Whether its event yields no more.
  public let isLastInEvent: Bool
  /// The next piece of content, reasoning, a refusal, or the arguments of a tool call; of `finish`, the reason in the server's
  /// word; of `event`, its data.
  public let text: String?
  /// The server's number of the tool call; nil if none.
  public let toolCall: Int?
  public let toolCallID: String?
  public let toolCallName: String?
  public let finishReason: FinishReason
  public let usage: Usage?
  /// Only from `postStream`.
  public let eventType: String?
  public let eventID: String?
  /// The whole event, with the fields that are not here.
  public let json: String

  /// The text of content, and "" of any other kind.
  public var content: String { kind == .content ? text ?? "" : "" }

  init(_ from: UnsafePointer<dosai_chunk>) {
    func read(_ start: UnsafePointer<CChar>?, _ length: Int) -> String? { start.map { string($0, length) } }
    let chunk = from.pointee
    kind = ChunkKind(rawValue: chunk.kind)
    choice = chunk.choice < 0 ? nil : Int(chunk.choice)
    isLastInEvent = chunk.last_in_event != 0
    text = read(chunk.text, chunk.text_length)
    toolCall = chunk.tool_call < 0 ? nil : Int(chunk.tool_call)
    toolCallID = read(chunk.tool_call_id, chunk.tool_call_id_length)
    toolCallName = read(chunk.tool_call_name, chunk.tool_call_name_length)
    finishReason = FinishReason(rawValue: chunk.finish_reason)
    usage = chunk.usage.map { Usage($0.pointee) }
    eventType = read(chunk.event_type, chunk.event_type_length)
    eventID = read(chunk.event_id, chunk.event_id_length)
    json = read(chunk.json, chunk.json_length) ?? ""
  }

  /// About what it takes in memory.
  var size: Int { json.utf8.count + (text?.utf8.count ?? 0) + MemoryLayout<Chunk>.stride }
}
