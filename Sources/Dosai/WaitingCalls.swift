/// Calls for which there is no room yet. Clients take turns, so that one with many does not hold up the others.
struct WaitingCalls {
  private struct Lane {
    let client: Client
    var calls: [LoopCall]
    var place = 0
  }

  private var lanes: [Lane] = []
  private var turn = 0
  private(set) var count = 0

  mutating func append(_ call: LoopCall) {
    count += 1
    if let lane = lanes.firstIndex(where: { $0.client === call.call.client }) {
      lanes[lane].calls.append(call)
    } else {
      lanes.append(Lane(client: call.call.client, calls: [call]))
    }
  }

  mutating func popFirst() -> LoopCall? {
    guard count > 0 else { return nil }
    count -= 1
    if turn >= lanes.count { turn = 0 }
    let call = lanes[turn].calls[lanes[turn].place]
    lanes[turn].place += 1
    if lanes[turn].place == lanes[turn].calls.count {
      lanes.remove(at: turn)
    } else {
      turn += 1
    }
    return call
  }
}
