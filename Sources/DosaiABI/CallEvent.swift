import CDosai
import DosAIEngine
import DosaiCore

/// Makes the host's function an observer.
func makeObserver(_ function: @escaping dosai_call_event_fn, _ context: UnsafeMutableRawPointer?) -> Observer {
  Observer { event in
    var timings = dosai_timings(event.timings)
    withUnsafePointer(to: &timings) { timings in
      var given = dosai_call_event(event)
      given.timings = timings
      withUnsafePointer(to: &given) { function($0, context) }
    }
  }
}

extension dosai_call_event {
  fileprivate init(_ event: CallEvent) {
    self.init()
    struct_size = UInt32(MemoryLayout<dosai_call_event>.size)
    kind = event.kind.rawValue
    call = event.call
    method = lend(event.method)
    host = lend(event.host, nil)
    path = lend(event.path, nil)
    model = lend(event.model, nil)
    request_id = lend(event.requestID, nil)
    attempt = Int32(clamping: event.attempt)
    is_stream = event.isStream ? 1 : 0
    status = event.status.rawValue
    http_status = event.httpStatus
    delay_ms = event.delay
    sent_bytes = Int64(event.sentBytes)
    received_bytes = event.receivedBytes
    event_count = event.eventCount
    let usage = event.usage ?? Usage()
    prompt_tokens = usage.promptTokens
    completion_tokens = usage.completionTokens
    cached_tokens = usage.cachedTokens
    reasoning_tokens = usage.reasoningTokens
  }
}
