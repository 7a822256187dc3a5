import CDosai
import DosAIEngine
import DosaiCore

@implementation @_cdecl("dosai_chat")
public func dosai_chat(
  _ client: OpaquePointer?, _ request: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?,
  _ out_completion: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  run(.chat(request, streaming: false), client, options, out_completion, out_error)
}

@implementation @_cdecl("dosai_chat_stream")
public func dosai_chat_stream(
  _ client: OpaquePointer?, _ request: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?,
  _ on_chunk: dosai_chunk_fn?, _ user_data: UnsafeMutableRawPointer?,
  _ out_completion: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  runCall(out_completion, out_error) { () throws(Failure) in
    guard let on_chunk else { throw .invalid("on_chunk: is NULL") }
    let call = try RequestArguments.chat(request, streaming: true).makeCall(client, options)
    let slot = try ChunkSlot.make()
    let lender = Unmanaged.passUnretained(slot)  // the slot, for use with each chunk without reference counting
    return withExtendedLifetime(slot) {
      call.stream(wantsCompletion: out_completion != nil) { reader in
        on_chunk(lender._withUnsafeGuaranteedRef { $0.fill(reader) }, user_data) == 0
      }
    }
  }
}
