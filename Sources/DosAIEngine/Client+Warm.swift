import CSystem
import DosaiCore
import DosaiHTTP

extension Client {
  /// Opens connections for as many calls. The first one alone, because the others need what it looks up.
  package func warm(_ count: Int, _ settings: CallSettings) throws(Failure) -> Outcome {
    var calls: [Call] = []
    var multis: [CurlMulti] = []
    for _ in 0..<count {
      calls.append(try Call.make(self, settings, .warming, path: .empty, body: nil))
      multis.append(try borrow())
    }
    for i in 0..<count {
      calls[i].begin(on: multis[i])
      while i == 0 && !calls[0].hasEnded { calls[0].turn(until: Clocks.never) }
      if calls[0].failure != nil {
        for multi in multis.dropFirst() { giveBack(multi) }
        break
      }
    }
    // One of them asks the host, for all.
    var nextOnWait = calls[0].nextOnWait
    while let first = calls.firstIndex(where: { $0.multi != nil }) {
      for i in first..<count {
        calls[i].nextOnWait = i == first ? nextOnWait : Clocks.never
        calls[i].turn(until: csystem_now() + Self.turn)
        if i == first { nextOnWait = calls[i].nextOnWait }
        guard let failure = calls[i].failure, failure.status == .cancelled else { continue }
        for call in calls { call.stop(failure) }
        return .failure(calls[i].report(failure))
      }
    }
    for call in calls {
      if let failure = call.failure { return .failure(call.report(failure)) }
    }
    return .completion(nil)
  }

  private static var turn: Int64 { 1_000_000 }
}
