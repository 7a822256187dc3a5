import DosaiCore
import DosaiHTTP
import DosaiJSON

/// How a call ended.
package enum Outcome {
  case completion(Completion?)
  case failure(ErrorReport)
}

/// The blocking face.
extension Client {
  package static let chatPath: StaticString = "/chat/completions"

  /// Sends the request and waits for the whole answer.
  package func chat(_ request: RequestText, _ settings: CallSettings) throws(Failure) -> Outcome {
    let body = try request.body(streaming: false)
    return finish(try Call.make(self, settings, .chat, path: Self.chatPath.bytes, body: body))
  }

  /// A GET, or a POST of a JSON text, to a path below the base.
  package func send(path: Bytes, json: Buffer?, _ settings: CallSettings) throws(Failure) -> Outcome {
    finish(try Call.make(self, settings, .other, path: path, body: json))
  }

  private func finish(_ call: Call) -> Outcome {
    call.begin()
    while !call.hasEnded { call.turn(until: Clocks.never) }
    return call.outcome(wantsCompletion: true)
  }

  /// Streams the answer. `onChunk` gets the reader with each chunk current, and says whether to go on.
  package func stream(
    _ request: RequestText, _ settings: CallSettings, wantsCompletion: Bool, onChunk: (StreamReader) -> Bool
  ) throws(Failure) -> Outcome {
    let body = try request.body(streaming: true)
    let call = try Call.make(self, settings, .stream, path: Self.chatPath.bytes, body: body)
    call.begin()
    var again = false
    while true {
      while call.nextChunk(), let reader = call.reader {
        let goesOn = reader._withUnsafeGuaranteedRef { onChunk($0) }
        if !goesOn { call.cancel("cancelled by the callback") }
        call.endIfCancelled()
        again = false
      }
      if call.hasEnded && !call.hasMoreChunks { break }
      call.turn(until: Clocks.never, again: again)
      again = true
    }
    return call.outcome(wantsCompletion: wantsCompletion)
  }
}

extension Call {
  /// Whether chunks that have come are still to be given out. They are also where the call has already ended well.
  var hasMoreChunks: Bool {
    guard let stream else { return false }
    return stream.hasMoreInEvent
  }

  /// Between two chunks that have both come there is no wait, but a cancel counts.
  @inline(__always)
  func endIfCancelled() { if isStopped { endIfStopped() } }

  func endIfStopped() {
    guard !hasEnded else { return }
    do throws(Failure) { try checkCancelled() } catch { end(error) }
  }

  func outcome(wantsCompletion: Bool) -> Outcome {
    if let failure { return .failure(report(failure)) }
    if !wantsCompletion { return .completion(nil) }
    do throws(Failure) { return .completion(try takeCompletion()) } catch { return .failure(report(error)) }
  }
}
