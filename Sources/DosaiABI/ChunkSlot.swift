import CDosai
import DosAIEngine
import DosaiCore

/// The memory of the chunk that is currently lent.
final class ChunkSlot {
  private let chunk: UnsafeMutablePointer<dosai_chunk>  // two; the second is for the usage that follows a text
  private var usage: UnsafeMutablePointer<dosai_usage>?
  private var reader = 0  // the address of that of the chunk in it

  static func make() throws(Failure) -> ChunkSlot {
    let slot = ChunkSlot(try allocate(2))
    slot.usage = try allocate(1)
    return slot
  }

  private init(_ chunk: UnsafeMutablePointer<dosai_chunk>) {
    self.chunk = chunk
    chunk.initialize(to: dosai_chunk())
    chunk.pointee.struct_size = UInt32(MemoryLayout<dosai_chunk>.size)
    let next = chunk + 1
    next.initialize(to: chunk.pointee)
    next.pointee.kind = Chunk.Kind.usage.rawValue
    next.pointee.choice = -1
    next.pointee.tool_call = -1
    next.pointee.last_in_event = 1
  }

  deinit {
    chunk.deallocate()
    usage?.deallocate()
  }

  /// Shows the reader's current chunk. Most differ from the one before only in the text.
  @inline(__always)
  func fill(_ reader: StreamReader) -> UnsafePointer<dosai_chunk> {
    let id = Int(bitPattern: Unmanaged.passUnretained(reader).toOpaque())
    if reader.chunk.shown != Int(bitPattern: chunk) || self.reader != id { return fillOther(reader, id) }
    chunk.pointee.event_index = reader.eventIndex
    chunk.pointee.text = lend(found: reader.chunk.text ?? .empty, &chunk.pointee.text_length)
    chunk.pointee.json = lend(found: reader.json, &chunk.pointee.json_length)
    return UnsafePointer(chunk)
  }

  @inline(never)
  private func fillOther(_ reader: StreamReader, _ id: Int) -> UnsafePointer<dosai_chunk> {
    reader.chunk.isUsageCurrent ? fillUsage(reader) : fillAll(reader, id)
  }

  @inline(never)
  private func fillAll(_ reader: StreamReader, _ id: Int) -> UnsafePointer<dosai_chunk> {
    self.reader = id
    reader.chunk.shown = Int(bitPattern: chunk)
    let out = chunk
    out.pointee.kind = reader.chunk.kind.rawValue
    out.pointee.choice = reader.chunk.choice
    out.pointee.last_in_event = reader.isLastInEvent ? 1 : 0
    out.pointee.event_index = reader.eventIndex
    out.pointee.text = lend(reader.chunk.text, &out.pointee.text_length)
    out.pointee.tool_call = reader.chunk.toolCall
    out.pointee.finish_reason = reader.chunk.finishReason.rawValue
    out.pointee.tool_call_id = lend(found: reader.chunk.toolCallID, &out.pointee.tool_call_id_length)
    out.pointee.tool_call_name = lend(found: reader.chunk.toolCallName, &out.pointee.tool_call_name_length)
    out.pointee.usage = reader.chunk.kind == .usage ? fill(reader.usage) : nil
    out.pointee.json = lend(found: reader.json, &out.pointee.json_length)
    let event = reader.anyEvent
    out.pointee.event_type = lend(found: event?.type.bytes ?? .empty, &out.pointee.event_type_length)
    out.pointee.event_id = lend(found: event?.id.bytes ?? .empty, &out.pointee.event_id_length)
    out.pointee.text_only = reader.chunk.isTextOnly ? 1 : 0
    return UnsafePointer(out)
  }

  /// Shows the usage behind the text that was shown last, and leaves that as it is.
  @inline(never)
  private func fillUsage(_ reader: StreamReader) -> UnsafePointer<dosai_chunk> {
    let out = chunk + 1
    out.pointee.event_index = reader.eventIndex
    out.pointee.usage = fill(reader.usage)
    out.pointee.json = lend(found: reader.json, &out.pointee.json_length)
    return UnsafePointer(out)
  }

  private func fill(_ tokens: Usage?) -> UnsafePointer<dosai_usage>? {
    guard let usage, let tokens else { return nil }
    usage.initialize(to: dosai_usage(tokens))
    return UnsafePointer(usage)
  }
}
