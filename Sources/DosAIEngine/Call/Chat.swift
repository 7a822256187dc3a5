import DosaiCore
import DosaiHTTP
import DosaiJSON

/// How a call ended.
package enum Outcome {
  case completion(Completion?)
  case response(Response)
  case failure(ErrorReport)
}

/// Makes calls, which the caller then begins.
extension Client {
  private static let chatPath: StaticString = "/chat/completions"

  package func chat(_ request: ChatRequest, streaming: Bool, _ settings: CallSettings) throws(Failure) -> Call {
    let body = try request.body(streaming: streaming)
    let call = try Call.make(self, settings, streaming ? .stream : .chat, path: Self.chatPath.bytes, body: body)
    if self.settings.observer != nil { call.model = try request.model() }
    return call
  }

  /// A GET, or a POST of a JSON text, to a path below the base.
  package func call(path: Bytes, json: Buffer?, streaming: Bool = false, _ settings: CallSettings) throws(Failure)
    -> Call
  {
    try Call.make(self, settings, streaming ? .events : .other, path: path, body: json)
  }
}

/// Calls that block.
extension Call {
  /// Waits for the complete answer.
  package func run() -> Outcome {
    begin()
    while !hasEnded { turn(until: Clocks.never) }
    return outcome(wantsCompletion: true)
  }

  /// Streams the answer. `onChunk` gets the reader, with the current chunk, and returns whether to continue.
  package func stream(wantsCompletion: Bool, onChunk: (StreamReader) -> Bool) -> Outcome {
    begin()
    var goesOn = false
    while true {
      forEachChunk { reader in
        goesOn = false
        let isWanted = onChunk(reader)
        if isWanted && !isStopAsked { return true }
        if !isWanted { cancel("cancelled by the callback") }
        stopIfAsked()
        return !hasEnded
      }
      if hasEnded && !hasMoreChunks { break }
      turn(until: Clocks.never, goesOn: goesOn)
      goesOn = true
    }
    return outcome(wantsCompletion: wantsCompletion)
  }
}

extension Call {
  /// Whether chunks have arrived that were not delivered. They are delivered even if the call has already ended well.
  var hasMoreChunks: Bool {
    guard let stream else { return false }
    return stream.hasMoreInEvent
  }

  /// Reports how the call ended. After that, a cancel does not change it.
  func outcome(wantsCompletion: Bool) -> Outcome {
    if let failure { return .failure(report(failure)) }
    if let response { return .response(response) }
    if !wantsCompletion { return .completion(nil) }
    do throws(Failure) { return .completion(try takeCompletion()) } catch { return .failure(report(error)) }
  }
}
