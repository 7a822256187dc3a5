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

  /// Passes over those that are paused, which keep their order: makes the first that is not the first of all. Nil: all are.
  mutating func findReady() -> LoopCall? {
    var at = place
    while at < calls.count, calls[at]?.isOver == false, calls[at]?.isPaused == true { at += 1 }
    guard at < calls.count else { return nil }
    while at > place {
      calls.swapAt(at, at - 1)
      at -= 1
    }
    return first
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

  /// The next that is not paused.
  mutating func popFirst() -> LoopCall? {
    var pausedLanes = 0
    while pausedLanes < lanes.count {
      if turn >= lanes.count { turn = 0 }
      let call = lanes[turn].calls.findReady()
      if call != nil { _ = lanes[turn].calls.popFirst() }
      if lanes[turn].calls.first == nil { lanes.remove(at: turn) } else if call?.isOver != true { turn += 1 }
      if call == nil { pausedLanes += 1 }
      guard let call, !call.isOver else { continue }
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
