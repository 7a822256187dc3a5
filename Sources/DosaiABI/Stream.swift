import CDosai
import Dosai
import DosaiCore

/// A stream, and the memory of the chunk that it lends.
final class StreamHandle {
  let stream: Stream
  /// The stream, for use with each chunk without reference counting.
  let lender: Unmanaged<Stream>
  private let slot: ChunkSlot

  init(_ stream: Stream, _ slot: ChunkSlot) {
    self.stream = stream
    self.slot = slot
    lender = Unmanaged.passUnretained(stream)
  }

  /// The last chunk of the stream, lent until the next one.
  @inline(__always)
  var lent: UnsafePointer<dosai_chunk>? {
    lender._withUnsafeGuaranteedRef { $0.reader?._withUnsafeGuaranteedRef { slot.fill($0) } }
  }
}

@implementation @_cdecl("dosai_stream_open")
public func dosai_stream_open(
  _ client: OpaquePointer?, _ request: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?,
  _ out_stream: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  var report: ErrorReport?
  let status = catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_stream, "out_stream: is NULL")
    let opened = Stream.open(try RequestArguments.chat(request, streaming: true).makeCall(client, options))
    if let stream = opened.stream { try out.give(StreamHandle(stream, try ChunkSlot.make())) }
    report = opened.failure
  }
  guard let report else { return status }
  return giveError(report, out_error)
}

@implementation @_cdecl("dosai_stream_next")
public func dosai_stream_next(
  _ stream: OpaquePointer?, _ timeout_ms: Int64, _ out_chunk: UnsafeMutablePointer<UnsafePointer<dosai_chunk>?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  out_error?.pointee = nil
  out_chunk?.pointee = nil
  guard let out_chunk, timeout_ms >= -1, let handle = Handle.own(stream, StreamHandle.self) else {
    return catchFailure(out_error) { () throws(Failure) in
      if out_chunk == nil { throw .invalid("out_chunk: is NULL") }
      _ = try Handle.borrow(stream, StreamHandle.self, "stream: is not a stream")
      throw .invalid("timeout_ms: must be -1, 0 or more")
    }
  }
  let (timeout, overflow) = timeout_ms.multipliedReportingOverflow(by: 1_000_000)
  let wait = overflow || timeout_ms < 0 ? Clocks.never : timeout
  switch handle.lender._withUnsafeGuaranteedRef({ $0.next(timeout: wait) }) {
  case .chunk: out_chunk.pointee = handle.lent
  case .busy: return giveError(ErrorReport(Stream.busy), out_error)
  case .end: break
  case .wouldBlock: return Status.wouldBlock.rawValue
  case .failure: if let report = handle.stream.report { return giveError(report, out_error) }
  }
  return Status.ok.rawValue
}

@implementation @_cdecl("dosai_stream_completion")
public func dosai_stream_completion(
  _ stream: OpaquePointer?, _ out_completion: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_completion, "out_completion: is NULL")
    let handle = try Handle.borrow(stream, StreamHandle.self, "stream: is not a stream")
    if let completion = try handle.stream.completion() { try out.give(completion) }
  }
}

@implementation @_cdecl("dosai_stream_free")
public func dosai_stream_free(_ stream: OpaquePointer?) { Handle.consume(stream, StreamHandle.self)?.stream.close() }
