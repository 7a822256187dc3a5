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
    while calls.contains(where: { $0.multi != nil }) {
      for call in calls { call.turn(until: csystem_now() + Self.turn) }
    }
    for call in calls {
      if let failure = call.failure { return .failure(call.report(failure)) }
    }
    return .completion(nil)
  }

  private static var turn: Int64 { 1_000_000 }
}
