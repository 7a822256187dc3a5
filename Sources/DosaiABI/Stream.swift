import CDosai
import Dosai
import DosaiCore

/// A stream with the memory of the chunk that it lends.
final class PulledStream {
  let stream: Stream
  let slot = ChunkSlot()

  init(_ stream: Stream) { self.stream = stream }
}

@implementation @_cdecl("dosai_stream_open")
public func dosai_stream_open(
  _ client: OpaquePointer?, _ request: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?,
  _ out_stream: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  var report: ErrorReport?
  let status = answer(out_error) { () throws(Failure) in
    let out = try cleared(out_stream, "out_stream: is NULL")
    let client = try Handle.borrow(client, Client.self, "client: is not a client")
    let request = try Handle.borrow(request, RequestText.self, "request: is not a request")
    let opened = try Stream.open(client, request, try CallSettings(client, options))
    if let stream = opened.stream { try out.give(PulledStream(stream)) }
    report = opened.failure
  }
  guard let report else { return status }
  return refuse(report, out_error)
}

@implementation @_cdecl("dosai_stream_next")
public func dosai_stream_next(
  _ stream: OpaquePointer?, _ timeout_ms: Int64, _ out_chunk: UnsafeMutablePointer<UnsafePointer<dosai_chunk>?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  var report: ErrorReport?
  let status = answer(out_error) { () throws(Failure) in
    guard let out_chunk else { throw .invalid("out_chunk: is NULL") }
    out_chunk.pointee = nil
    let pulled = try Handle.borrow(stream, PulledStream.self, "stream: is not a stream")
    guard timeout_ms >= -1 else { throw .invalid("timeout_ms: must be -1, 0 or more") }
    let (timeout, overflow) = timeout_ms.multipliedReportingOverflow(by: 1_000_000)
    switch try pulled.stream.next(timeout: overflow || timeout_ms < 0 ? Clocks.never : timeout) {
    case .chunk: out_chunk.pointee = pulled.stream.reader.map { pulled.slot.fill($0) }
    case .end: break
    case .wouldBlock: throw Failure(.wouldBlock, "")
    case .failure: report = pulled.stream.report
    }
  }
  guard let report else { return status }
  return refuse(report, out_error)
}

@implementation @_cdecl("dosai_stream_completion")
public func dosai_stream_completion(
  _ stream: OpaquePointer?, _ out_completion: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  answer(out_error) { () throws(Failure) in
    let out = try cleared(out_completion, "out_completion: is NULL")
    let pulled = try Handle.borrow(stream, PulledStream.self, "stream: is not a stream")
    guard let completion = try pulled.stream.completion() else {
      throw .invalid("stream: nothing of the completion has arrived")
    }
    try out.give(completion)
  }
}

@implementation @_cdecl("dosai_stream_free")
public func dosai_stream_free(_ stream: OpaquePointer?) { Handle.take(stream, PulledStream.self)?.stream.close() }
