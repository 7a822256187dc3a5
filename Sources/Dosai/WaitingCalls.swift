/// Calls, first in, first out. What was given out is kept no longer.
struct CallQueue {
  private var calls: [LoopCall?] = []
  private var place = 0

  var first: LoopCall? { place < calls.count ? calls[place] : nil }

  mutating func append(_ call: LoopCall) { calls.append(call) }

  mutating func popFirst() -> LoopCall? {
    guard let call = first else { return nil }
    calls[place] = nil
    place += 1
    if 2 * place >= calls.count {
      calls.removeFirst(place)
      place = 0
    }
    return call
  }

  func forEach(_ body: (LoopCall) -> Void) {
    for call in calls { if let call { body(call) } }
  }
}

/// Calls for which there is no room yet. Clients take turns, so that one with many does not hold up the others.
struct WaitingCalls {
  private struct Lane {
    let client: Client
    var calls = CallQueue()
  }

  private var lanes: [Lane] = []
  private var turn = 0
  private(set) var count = 0

  mutating func append(_ call: LoopCall) {
    count += 1
    let lane = lanes.firstIndex { $0.client === call.call.client } ?? lanes.count
    if lane == lanes.count { lanes.append(Lane(client: call.call.client)) }
    lanes[lane].calls.append(call)
  }

  mutating func popFirst() -> LoopCall? {
    while count > 0 {
      if turn >= lanes.count { turn = 0 }
      let call = lanes[turn].calls.popFirst()
      let isNext = call?.isOver == false
      if lanes[turn].calls.first == nil { lanes.remove(at: turn) } else if isNext { turn += 1 }
      guard isNext else { continue }
      drop()
      return call
    }
    return nil
  }

  /// One waits no longer. One that is over stays at its place until that comes.
  mutating func drop() {
    count -= 1
    if count == 0 { lanes = [] }
  }

  func forEach(_ body: (LoopCall) -> Void) { for lane in lanes { lane.calls.forEach(body) } }
}
