import CDosai
import Dosai
import DosaiCore

@implementation @_cdecl("dosai_chat")
public func dosai_chat(
  _ client: OpaquePointer?, _ request: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?,
  _ out_completion: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  call(client, options, out_completion, out_error) { client, settings throws(Failure) in
    try client.chat(try Handle.borrow(request, RequestText.self, "request: is not a request"), settings)
  }
}

@implementation @_cdecl("dosai_chat_stream")
public func dosai_chat_stream(
  _ client: OpaquePointer?, _ request: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?,
  _ on_chunk: dosai_chunk_fn?, _ user_data: UnsafeMutableRawPointer?,
  _ out_completion: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  call(client, options, out_completion, out_error) { client, settings throws(Failure) in
    guard let on_chunk else { throw .invalid("on_chunk: is NULL") }
    let request = try Handle.borrow(request, RequestText.self, "request: is not a request")
    let slot = ChunkSlot()
    return try client.stream(request, settings, wantsCompletion: out_completion != nil) {
      on_chunk(slot.fill($0), user_data) == 0
    }
  }
}

/// The memory of the chunk that is lent at the moment.
final class ChunkSlot {
  private let chunk = UnsafeMutablePointer<dosai_chunk>.allocate(capacity: 1)
  private let usage = UnsafeMutablePointer<dosai_usage>.allocate(capacity: 1)

  init() {
    chunk.initialize(to: dosai_chunk())
    chunk.pointee.struct_size = UInt32(MemoryLayout<dosai_chunk>.size)
    usage.initialize(to: dosai_usage())
  }

  deinit {
    chunk.deallocate()
    usage.deallocate()
  }

  func fill(_ reader: StreamReader) -> UnsafePointer<dosai_chunk> {
    let current = reader.chunk
    chunk.pointee.kind = current.kind.rawValue
    chunk.pointee.choice = current.choice
    chunk.pointee.last_in_event = reader.isLastInEvent ? 1 : 0
    chunk.pointee.event_index = reader.eventIndex
    chunk.pointee.text = lend(current.text, &chunk.pointee.text_length)
    chunk.pointee.tool_call = current.toolCall
    chunk.pointee.finish_reason = current.finishReason.rawValue
    chunk.pointee.tool_call_id = lend(current.toolCallID, &chunk.pointee.tool_call_id_length)
    chunk.pointee.tool_call_name = lend(current.toolCallName, &chunk.pointee.tool_call_name_length)
    chunk.pointee.usage = nil
    if current.kind == .usage, let tokens = reader.usage {
      usage.pointee = dosai_usage(tokens)
      chunk.pointee.usage = UnsafePointer(usage)
    }
    chunk.pointee.json = lend(reader.json, &chunk.pointee.json_length)
    return UnsafePointer(chunk)
  }
}
