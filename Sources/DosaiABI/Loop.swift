import CDosai
import CSystem
import DosAIEngine
import DosaiCore

extension LoopHandle: Handled { static var typeTag: UInt32 { 0x4C4F_4F50 } }
extension LoopCall: Handled { static var typeTag: UInt32 { 0x4341_4C4C } }

/// A loop, and the memory of the event that it lends.
final class LoopHandle {
  let loop: Loop
  let slot: EventSlot

  init(_ loop: Loop, _ slot: EventSlot) {
    self.loop = loop
    self.slot = slot
  }

  /// Lends the next event, if there is one.
  @inline(never)
  func next(_ outEvent: UnsafeMutablePointer<UnsafePointer<dosai_event>?>, _ outError: HandleOut?) -> dosai_status {
    catchFailure(outError) { () throws(Failure) in
      outEvent.pointee = nil
      if let event = try loop.next() { outEvent.pointee = slot.fill(event) } else { slot.clear() }
    }
  }
}

@inline(never)
private func submit(
  _ arguments: RequestArguments, _ loop: OpaquePointer?, _ client: OpaquePointer?,
  _ options: UnsafePointer<dosai_call_options>?,
  _ tag: UInt, _ outCall: HandleOut?, _ outError: HandleOut?
) -> dosai_status {
  catchFailure(outError) { () throws(Failure) in
    outCall?.pointee = nil
    let handle = try Handle.borrow(loop, LoopHandle.self, "loop: is not a loop")
    let call = try arguments.makeCall(client, options)
    guard let outCall else {
      _ = try handle.loop.submit(call, tag: tag)
      return
    }
    let memory = try Handle.allocate()  // once submitted, the call cannot be taken back
    do throws(Failure) {
      outCall.pointee = Handle.give(try handle.loop.submit(call, tag: tag), in: memory)
    } catch {
      free(memory)
      throw error
    }
  }
}

@implementation @_cdecl("dosai_loop_options_init")
public func dosai_loop_options_init(_ options: UnsafeMutablePointer<dosai_loop_options>?, _ struct_size: Int) {
  clear(options, struct_size)
}

@implementation @_cdecl("dosai_loop_new")
public func dosai_loop_new(
  _ options: UnsafePointer<dosai_loop_options>?, _ out_loop: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_loop, "out_loop: is NULL")
    var given = dosai_loop_options()
    if let options { try read(options, into: &given, least: MemoryLayout<dosai_loop_options>.size) }
    guard given.max_in_flight >= 0 else { throw .invalid("max_in_flight: must not be negative") }
    guard given.max_connections_per_host >= 0 else { throw .invalid("max_connections_per_host: must not be negative") }
    let loop = try Loop.make(
      inFlightMax: given.max_in_flight == 0 ? .max : Int(given.max_in_flight),
      connectionsPerHostMax: Int(given.max_connections_per_host),
      rate: try RateSettings(given.requests_per_minute, given.tokens_per_minute))
    try out.give(LoopHandle(loop, try EventSlot.make()))
  }
}

@implementation @_cdecl("dosai_loop_submit_chat")
public func dosai_loop_submit_chat(
  _ loop: OpaquePointer?, _ client: OpaquePointer?, _ request: OpaquePointer?,
  _ options: UnsafePointer<dosai_call_options>?, _ tag: UInt, _ out_call: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  submit(.chat(request, streaming: false), loop, client, options, tag, out_call, out_error)
}

@implementation @_cdecl("dosai_loop_submit_stream")
public func dosai_loop_submit_stream(
  _ loop: OpaquePointer?, _ client: OpaquePointer?, _ request: OpaquePointer?,
  _ options: UnsafePointer<dosai_call_options>?, _ tag: UInt, _ out_call: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  submit(.chat(request, streaming: true), loop, client, options, tag, out_call, out_error)
}

@implementation @_cdecl("dosai_loop_submit_get")
public func dosai_loop_submit_get(
  _ loop: OpaquePointer?, _ client: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ options: UnsafePointer<dosai_call_options>?, _ tag: UInt, _ out_call: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  submit(.get(path), loop, client, options, tag, out_call, out_error)
}

@implementation @_cdecl("dosai_loop_submit_post")
public func dosai_loop_submit_post(
  _ loop: OpaquePointer?, _ client: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ json: UnsafePointer<CChar>?,
  _ length: Int, _ options: UnsafePointer<dosai_call_options>?, _ tag: UInt,
  _ out_call: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  submit(.post(path, json, length), loop, client, options, tag, out_call, out_error)
}

@implementation @_cdecl("dosai_loop_submit_stream_post")
public func dosai_loop_submit_stream_post(
  _ loop: OpaquePointer?, _ client: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ json: UnsafePointer<CChar>?,
  _ length: Int, _ options: UnsafePointer<dosai_call_options>?, _ tag: UInt,
  _ out_call: UnsafeMutablePointer<OpaquePointer?>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  submit(.post(path, json, length, streaming: true), loop, client, options, tag, out_call, out_error)
}

@implementation @_cdecl("dosai_loop_step")
public func dosai_loop_step(
  _ loop: OpaquePointer?, _ timeout_ms: Int64, _ on_event: dosai_event_fn?, _ user_data: UnsafeMutableRawPointer?,
  _ out_active: UnsafeMutablePointer<Int>?, _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    out_active?.pointee = 0
    let handle = try Handle.borrow(loop, LoopHandle.self, "loop: is not a loop")
    guard timeout_ms >= -1 else { throw .invalid("timeout_ms: must be -1, 0 or more") }
    try handle.loop.step(timeout: timeout_ms, delivers: on_event != nil) {
      handle.slot.deliver($0, on_event, user_data)
    }
    out_active?.pointee = handle.loop.active
  }
}

@implementation @_cdecl("dosai_loop_next")
public func dosai_loop_next(
  _ loop: OpaquePointer?, _ out_event: UnsafeMutablePointer<UnsafePointer<dosai_event>?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  if let out_event, let handle = Handle.known(loop, LoopHandle.self) {
    return handle._withUnsafeGuaranteedRef { $0.next(out_event, out_error) }
  }
  var handle: LoopHandle?
  let status = catchFailure(out_error) { () throws(Failure) in
    guard let out_event else { throw .invalid("out_event: is NULL") }
    out_event.pointee = nil
    handle = try Handle.borrow(loop, LoopHandle.self, "loop: is not a loop")
  }
  guard let handle, let out_event else { return status }
  return handle.next(out_event, out_error)
}

@implementation @_cdecl("dosai_loop_fd")
public func dosai_loop_fd(_ loop: OpaquePointer?) -> Int32 { Handle.peek(loop, LoopHandle.self)?.loop.descriptor ?? -1 }

@implementation @_cdecl("dosai_loop_timeout_ms")
public func dosai_loop_timeout_ms(_ loop: OpaquePointer?) -> Int64 {
  Handle.peek(loop, LoopHandle.self)?.loop.timeout ?? -1
}

@implementation @_cdecl("dosai_loop_wake")
public func dosai_loop_wake(_ loop: OpaquePointer?) {
  if let handle = Handle.peek(loop, LoopHandle.self), handle.loop.isOurs { handle.loop.wake() }
}

@implementation @_cdecl("dosai_loop_close")
public func dosai_loop_close(
  _ loop: OpaquePointer?, _ on_event: dosai_event_fn?, _ user_data: UnsafeMutableRawPointer?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    guard let handle = Handle.peek(loop, LoopHandle.self) else { throw .invalid("loop: is not a loop") }
    if handle.loop.isOurs {
      try handle.loop.close { _ = handle.slot.deliver($0, on_event, user_data) }
    } else {
      handle.loop.abandon()
    }
    handle.slot.clear()
    Handle.free(loop, LoopHandle.self)
  }
}

private func send(_ command: LoopCall.Command, to call: OpaquePointer?) {
  if let call = Handle.peek(call, LoopCall.self), call.isOurs { call.send(command) }
}

@implementation @_cdecl("dosai_call_cancel")
public func dosai_call_cancel(_ call: OpaquePointer?) { send(.cancel, to: call) }

@implementation @_cdecl("dosai_call_pause")
public func dosai_call_pause(_ call: OpaquePointer?) { send(.pause, to: call) }

@implementation @_cdecl("dosai_call_resume")
public func dosai_call_resume(_ call: OpaquePointer?) { send(.resume, to: call) }

@implementation @_cdecl("dosai_call_completion")
public func dosai_call_completion(
  _ call: OpaquePointer?, _ out_completion: UnsafeMutablePointer<OpaquePointer?>?,
  _ out_error: UnsafeMutablePointer<OpaquePointer?>?
) -> dosai_status {
  catchFailure(out_error) { () throws(Failure) in
    let out = try cleared(out_completion, "out_completion: is NULL")
    let call = try Handle.borrow(call, LoopCall.self, "call: is not a call")
    guard let completion = try call.completion() else {
      throw .invalid("call: has no completion")
    }
    try out.give(completion)
  }
}

@implementation @_cdecl("dosai_call_free")
public func dosai_call_free(_ call: OpaquePointer?) { Handle.free(call, LoopCall.self) }

/// The memory of the event that is currently lent, and of the handles in it.
final class EventSlot {
  private let event: UnsafeMutablePointer<dosai_event>
  private let chunk: ChunkSlot
  /// For the handles of an answer and an error. It is allocated early, so that a last event can always have them.
  private let handleMemory: UnsafeMutableRawPointer
  private var completion: OpaquePointer?
  private var response: OpaquePointer?
  private var report: OpaquePointer?

  static func make() throws(Failure) -> EventSlot {
    let chunk = try ChunkSlot.make()
    let event: UnsafeMutablePointer<dosai_event> = try allocate(1)
    guard let handleMemory = malloc(2 * Handle.size) else {
      event.deallocate()
      throw .outOfMemory
    }
    return EventSlot(chunk, event, handleMemory)
  }

  private init(_ chunk: ChunkSlot, _ event: UnsafeMutablePointer<dosai_event>, _ handleMemory: UnsafeMutableRawPointer)
  {
    self.chunk = chunk
    self.event = event
    self.handleMemory = handleMemory
  }

  deinit {
    event.deallocate()
    free(handleMemory)
  }

  func clear() {
    if completion == nil && response == nil && report == nil { return }
    _ = Handle.invalidate(completion, Completion.self)
    _ = Handle.invalidate(response, Response.self)
    _ = Handle.invalidate(report, ErrorReport.self)
    completion = nil
    response = nil
    report = nil
  }

  /// Passes an event to the host. False: the host cancels the call.
  func deliver(_ event: LoopEvent, _ onEvent: dosai_event_fn?, _ context: UnsafeMutableRawPointer?) -> Bool {
    guard let onEvent else { return true }
    defer { clear() }
    return onEvent(fill(event), context) == 0
  }

  func fill(_ given: LoopEvent) -> UnsafePointer<dosai_event> {
    clear()  // what `next` may have lent before this step
    var filled = dosai_event()
    filled.struct_size = UInt32(MemoryLayout<dosai_event>.size)
    filled.tag = given.call.tag
    switch given.outcome {
    case nil:
      filled.kind = dosai_event_kind(DOSAI_EVENT_CHUNK)
      filled.chunk = given.reader?._withUnsafeGuaranteedRef { chunk.fill($0) }
    case .completion(let ended):
      completion = ended.map { Handle.give($0, in: handleMemory, isLent: true) }
      filled.kind = dosai_event_kind(DOSAI_EVENT_COMPLETION)
      filled.completion = completion
    case .response(let ended):
      response = Handle.give(ended, in: handleMemory, isLent: true)
      filled.kind = dosai_event_kind(DOSAI_EVENT_RESPONSE)
      filled.response = response
    case .failure(let failed):
      filled.kind = dosai_event_kind(DOSAI_EVENT_ERROR)
      completion = failed.completion.map { Handle.give($0, in: handleMemory, isLent: true) }
      failed.lentCompletion = completion
      report = Handle.give(failed, in: handleMemory + Handle.size, isLent: true)
      filled.error = report
    }
    event.pointee = filled
    return UnsafePointer(event)
  }
}
