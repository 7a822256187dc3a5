import CDosai
import DosAIEngine
import DosaiCore

extension StreamHandle: Handled { static var typeTag: UInt32 { 0x5354_5245 } }

/// A stream, and the memory of the chunk that it lends.
final class StreamHandle {
  let stream: Stream
  private let slot: ChunkSlot

  init(_ stream: Stream, _ slot: ChunkSlot) {
    self.stream = stream
    self.slot = slot
  }

  /// The current chunk, lent until the next one.
  @inline(__always)
  var chunk: UnsafePointer<dosai_chunk>? { stream.reader?._withUnsafeGuaranteedRef { slot.fill($0) } }

  @inline(never)
  func next(
    _ timeout_ms: Int64, _ out_chunk: UnsafeMutablePointer<UnsafePointer<dosai_chunk>?>, _ out_error: HandleOut?
  ) -> dosai_status {
    let (timeout, overflow) = timeout_ms.multipliedReportingOverflow(by: 1_000_000)
    switch stream.next(timeout: overflow || timeout_ms < 0 ? Clocks.never : timeout) {
    case .chunk: out_chunk.pointee = chunk
    case .end: break
    case .wouldBlock: return Status.wouldBlock.rawValue
    case .failure: if let report = stream.report { return giveError(report, out_error) }
    }
    return Status.ok.rawValue
  }
}

@implementation @_cdecl("dosai_stream_open")
public func dosai_stream_open(
  _ client: OpaquePointer?, _ request: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?,
  _ out_stream: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  open(.chat(request, streaming: true), client, options, out_stream, out_error)
}

@implementation @_cdecl("dosai_stream_open_post")
public func dosai_stream_open_post(
  _ client: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ json: UnsafePointer<CChar>?, _ length: Int,
  _ options: UnsafePointer<dosai_call_options>?, _ out_stream: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  open(.post(path, json, length, streaming: true), client, options, out_stream, out_error)
}

@inline(never)
private func open(
  _ arguments: RequestArguments, _ client: OpaquePointer?, _ options: UnsafePointer<dosai_call_options>?,
  _ out_stream: HandleOut?, _ out_error: HandleOut?
) -> dosai_status {
  var report: ErrorReport?
  let status = catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_stream, "out_stream: is NULL")
    let opened = Stream.open(try arguments.makeCall(client, options))
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
  // Nothing is called here but in the end, so that no register must be saved.
  guard let out_chunk, timeout_ms >= -1, let handle = Handle.known(stream, StreamHandle.self) else {
    return check(stream, timeout_ms, out_chunk, out_error)
  }
  return handle._withUnsafeGuaranteedRef { next($0, timeout_ms, out_chunk, out_error) }
}

/// Checks the arguments in full.
@inline(never)
private func check(
  _ stream: OpaquePointer?, _ timeout_ms: Int64, _ out_chunk: UnsafeMutablePointer<UnsafePointer<dosai_chunk>?>?,
  _ out_error: HandleOut?
) -> dosai_status {
  var handle: StreamHandle?
  let status = catchFailure(out_error) { () throws(Failure) in
    if out_chunk == nil { throw .invalid("out_chunk: is NULL") }
    handle = try Handle.borrow(stream, StreamHandle.self, "stream: is not a stream")
    if timeout_ms < -1 { throw .invalid("timeout_ms: must be -1, 0 or more") }
  }
  guard status == Status.ok.rawValue, let handle, let out_chunk else { return status }
  return next(handle, timeout_ms, out_chunk, out_error)
}

@inline(never)
private func next(
  _ handle: StreamHandle, _ timeout_ms: Int64, _ out_chunk: UnsafeMutablePointer<UnsafePointer<dosai_chunk>?>,
  _ out_error: HandleOut?
) -> dosai_status {
  guard handle.stream.begin() else { return catchFailure(out_error) { () throws(Failure) in throw Stream.busy } }
  var status = Status.ok.rawValue
  if handle.stream.nextFromTemplate() {
    out_chunk.pointee = handle.chunk
  } else {
    status = handle.next(timeout_ms, out_chunk, out_error)
  }
  if !handle.stream.end() { Unmanaged.passUnretained(handle).release() }
  return status
}

@implementation @_cdecl("dosai_stream_completion")
public func dosai_stream_completion(
  _ stream: OpaquePointer?, _ out_completion: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_completion, "out_completion: is NULL")
    let handle = try Handle.borrow(stream, StreamHandle.self, "stream: is not a stream")
    guard handle.stream.begin() else { throw Stream.busy }
    defer { if !handle.stream.end() { Unmanaged.passUnretained(handle).release() } }
    if let completion = try handle.stream.completion() { try out.give(completion) }
  }
}

@implementation @_cdecl("dosai_stream_free")
public func dosai_stream_free(_ stream: OpaquePointer?) {
  guard let handle = Handle.consume(stream, StreamHandle.self) else { return }
  let left = Unmanaged.passRetained(handle)  // for a thread that is using it
  if handle.stream.close() { left.release() }
}
