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

  deinit {
    chunk.deallocate()
    usage.deallocate()
  }

  func fill(_ view: ChunkView) -> UnsafePointer<dosai_chunk> {
    var filled = dosai_chunk()
    filled.struct_size = UInt32(MemoryLayout<dosai_chunk>.size)
    filled.kind = view.chunk.kind.rawValue
    filled.choice = view.chunk.choice
    filled.last_in_event = view.isLastInEvent ? 1 : 0
    filled.event_index = view.eventIndex
    filled.text = lend(view.chunk.text, &filled.text_length)
    filled.tool_call = view.chunk.toolCall
    filled.finish_reason = view.chunk.finishReason.rawValue
    filled.tool_call_id = lend(view.chunk.toolCallID, &filled.tool_call_id_length)
    filled.tool_call_name = lend(view.chunk.toolCallName, &filled.tool_call_name_length)
    if let tokens = view.usage {
      usage.pointee = dosai_usage(tokens)
      filled.usage = UnsafePointer(usage)
    }
    filled.json = lend(view.json, &filled.json_length)
    chunk.pointee = filled
    return UnsafePointer(chunk)
  }
}
