import DosaiCore
import DosaiHTTP
import DosaiJSON

/// The chunks of a streaming call.
extension Call {
  /// Makes the next chunk current if it has arrived and matches a template, so that it need not be parsed. Most do.
  @inline(__always)
  func nextFromTemplate() -> Bool {
    guard let reader, !hasEnded, reader._withUnsafeGuaranteedRef({ $0.nextMatching() }) else { return false }
    if !isNoted { noteMatching() }
    return true
  }

  /// As `nextFromTemplate`, for most chunks that follow one of the same form. False: ask that. The one before came with
  /// the same bytes and was noted, so this one need not be.
  @inline(__always)
  func nextRepeated() -> Bool {
    guard let reader, !hasEnded else { return false }
    return reader._withUnsafeGuaranteedRef { $0.nextRepeated() }
  }

  @inline(never)
  private func noteMatching() {
    noteChunk(isToken: true)
    isNoted = multi?.servesMany != true
  }

  /// Delivers all chunks that have arrived, until `deliver` returns false.
  @inline(__always)
  func forEachChunk(_ deliver: (StreamReader) -> Bool) {
    while nextFromTemplate() || nextParsed(), let reader, reader._withUnsafeGuaranteedRef(deliver) {
      while !hasEnded,
        reader._withUnsafeGuaranteedRef({ $0.nextRepeated() || isNoted && $0.nextAnyhow() })
      {
        if !reader._withUnsafeGuaranteedRef(deliver) { return }
      }
    }
  }

  /// Makes the next chunk current, from bytes that have already arrived. False: there is none; unless the call has
  /// ended, `turn` waits for more.
  @inline(never)
  func nextChunk() -> Bool { nextRepeated() || nextFromTemplate() || nextParsed() }

  /// Makes the next chunk current after `nextFromTemplate` has found none.
  @inline(never)
  private func nextParsed() -> Bool {
    while true {
      if let found = readOn() { return found }
      if nextFromTemplate() { return true }
    }
  }

  /// nil: a paused body has continued, and there are more bytes.
  private func readOn() -> Bool? {
    guard let stream else { return false }
    if stream.nextInEvent() { return true }
    if hasEnded { return false }
    if let failure = stream.failure {
      fail(failure)
      return false
    }
    guard stream.takesEvents, let transfer else { return false }
    transfer.closeInbox()
    do throws(Failure) {
      let step = try stream.next(isEnd: transfer.isFinished) { (body: Value) throws(Failure) -> Failure in
        try provider(body)
      }
      switch step {
      case .event:
        noteChunk(isToken: stream.givesToken)
        return true
      case .empty:
        collectPrefetchList(stream, transfer)
        if letFlow() { return nil }
        if transfer.isFinished { conclude(transfer) }
      case .done:
        succeed()
      }
    } catch {
      // The transfer knows why the body was cut off.
      fail(error.status == .truncated ? transfer.failure ?? error : error)
    }
    return false
  }

  /// Whether it failed because a whole answer in place of a stream lacks its end. The host reads its chunks before it
  /// learns of that.
  var isFailureUntold: Bool { stream?.isDone == true && failure?.status == .truncated }

  private func collectPrefetchList(_ stream: StreamReader, _ transfer: Transfer) {
    guard let list = transfer.prefetchList, let owner, list.note(stream.textEnd) else { return }
    list.add(transfer)
    list.add(self)
    owner.addMemory(to: list)
    stream.addMemory(to: list)
  }

  func mayBeEvents(_ headers: ResponseHeaders) -> Bool {
    if let encoding = headers.value("content-encoding"), !encoding.equalsIgnoringCase(literal("identity")) {
      return false
    }
    guard let type = headers.value("content-type") else { return true }
    return type.slice(0, 17).equalsIgnoringCase(literal("text/event-stream"))
  }

  /// Whether the server has accepted the call: its status is 2xx, and all headers have arrived.
  var isAccepted: Bool {
    transfer?.hasAnswer == true && httpStatus <= 299
  }
}

extension StreamReader {
  /// Whether the current event has text or a tool call, or may have.
  var givesToken: Bool {
    anyEvent != nil
      || builder.chunks.contains {
        $0.kind == .content || $0.kind == .reasoning || $0.kind == .refusal || $0.kind == .toolCall
      }
  }
}
