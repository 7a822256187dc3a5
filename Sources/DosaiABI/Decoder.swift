import CDosai
import DosAIEngine
import DosaiCore

extension DecoderHandle: Handled { static var typeTag: UInt32 { 0x4445_434F } }

/// A decoder, and the memory of the chunk that it lends.
final class DecoderHandle {
  let decoder: Decoder
  let slot: ChunkSlot

  init(_ decoder: Decoder, _ slot: ChunkSlot) {
    self.decoder = decoder
    self.slot = slot
  }
}

private func borrow(_ decoder: OpaquePointer?) throws(Failure) -> DecoderHandle {
  try Handle.borrow(decoder, DecoderHandle.self, "decoder: is not a decoder")
}

@implementation @_cdecl("dosai_decoder_new")
public func dosai_decoder_new(
  _ options: UnsafePointer<dosai_client_options>?, _ out_decoder: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_decoder, "out_decoder: is NULL")
    let options = try dosai_client_options(copying: options)
    let secret = try options.api_key.map { (key) throws(Failure) in try Secret(cStringBytes(key)) }
    try out.give(DecoderHandle(Decoder(try Limits(options), secret), try ChunkSlot.make()))
  }
}

@implementation @_cdecl("dosai_decoder_feed")
public func dosai_decoder_feed(
  _ decoder: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ length: Int,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    try borrow(decoder).decoder.feed(try text(bytes, length, "bytes: is NULL"))
  }
}

@implementation @_cdecl("dosai_decoder_finish")
public func dosai_decoder_finish(
  _ decoder: OpaquePointer?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in try borrow(decoder).decoder.finish() }
}

@implementation @_cdecl("dosai_decoder_next")
public func dosai_decoder_next(
  _ decoder: OpaquePointer?, _ out_chunk: UnsafeMutablePointer<UnsafePointer<dosai_chunk>?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  var report: ErrorReport?
  let status = catchFailure(out_error) { () throws(Failure) in
    guard let out_chunk else { throw .invalid("out_chunk: is NULL") }
    out_chunk.pointee = nil
    let handle = try borrow(decoder)
    switch handle.decoder.next() {
    case .chunk: out_chunk.pointee = handle.slot.fill(handle.decoder.reader)
    case .end: break
    case .wouldBlock: throw Failure(.wouldBlock, "")
    case .failure: report = handle.decoder.report
    }
  }
  guard let report else { return status }
  return giveError(report, out_error)
}

@implementation @_cdecl("dosai_decoder_completion")
public func dosai_decoder_completion(
  _ decoder: OpaquePointer?, _ out_completion: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_completion, "out_completion: is NULL")
    try out.give(try borrow(decoder).decoder.completion())
  }
}

@implementation @_cdecl("dosai_decoder_free")
public func dosai_decoder_free(_ decoder: OpaquePointer?) { Handle.free(decoder, DecoderHandle.self) }
