import DosaiCore

/// Calls, first in, first out. A call can be in one of them.
struct CallQueue {
  private(set) var first: LoopCall?
  /// The same, for use with each event without reference counting.
  var lent: Unmanaged<LoopCall>? { first.map { Unmanaged.passUnretained($0) } }
  private unowned(unsafe) var last: LoopCall?

  mutating func append(_ call: LoopCall) {
    if first == nil { first = call } else { last?.next = call }
    last = call
  }

  mutating func removeFirst() {
    let next = first?.next
    first?.next = nil
    first = next
  }

  mutating func removeAll() { while first != nil { removeFirst() } }
}

/// Calls, first in, first out. A paused call keeps its position, but does not hold up the others.
struct PausableQueue {
  private var ready = DeadlineHeap<LoopCall>()
  private var paused = DeadlineHeap<LoopCall>()
  private var turns: Int64 = 0

  var isEmpty: Bool { first == nil && paused.first == nil }

  /// The first that is not paused.
  var first: LoopCall? { ready.firstElement }

  /// Adds the call at the end, unless it is in the queue already.
  mutating func append(_ call: LoopCall) {
    if call.turn.time != Clocks.never { return }
    turns += 1
    put(call, turns)
  }

  mutating func remove(_ call: LoopCall) {
    if call.isPaused { paused.remove(call.turn) } else { ready.remove(call.turn) }
  }

  /// Pauses or resumes a call, which may be in the queue.
  mutating func setPaused(_ isPaused: Bool, _ call: LoopCall) {
    let turn = call.turn.time
    remove(call)
    call.isPaused = isPaused
    if turn != Clocks.never { put(call, turn) }
  }

  private mutating func put(_ call: LoopCall, _ turn: Int64) {
    if call.isPaused { paused.insert(turn, call.turn, call) } else { ready.insert(turn, call.turn, call) }
  }

  func visit(_ body: (LoopCall) -> Void) {
    ready.forEach(body)
    paused.forEach(body)
  }
}

/// Calls for which there is no room yet. Clients take turns, so that a client with many calls does not hold up the
/// others.
struct WaitingCalls {
  private var lanes: [(client: Client, queue: PausableQueue)] = []
  private var turn = 0
  private(set) var count = 0

  mutating func append(_ call: LoopCall) {
    count += 1
    let lane = lane(of: call) ?? lanes.count
    if lane == lanes.count { lanes.append((call.client, PausableQueue())) }
    lanes[lane].queue.append(call)
  }

  /// Removes and returns the next call that is not paused and `mayStart`.
  mutating func popFirst(where mayStart: (LoopCall) -> Bool) -> LoopCall? {
    for _ in lanes.indices {
      if turn >= lanes.count { turn = 0 }
      turn += 1
      if let call = lanes[turn - 1].queue.first, mayStart(call) {
        remove(call, from: turn - 1)
        return call
      }
    }
    return nil
  }

  mutating func remove(_ call: LoopCall) { if let lane = lane(of: call) { remove(call, from: lane) } }

  private mutating func remove(_ call: LoopCall, from lane: Int) {
    lanes[lane].queue.remove(call)
    count -= 1
    guard lanes[lane].queue.isEmpty else { return }
    lanes.remove(at: lane)
    if lane < turn { turn -= 1 }
  }

  mutating func setPaused(_ isPaused: Bool, _ call: LoopCall) {
    if let lane = lane(of: call) { lanes[lane].queue.setPaused(isPaused, call) }
  }

  private func lane(of call: LoopCall) -> Int? { lanes.firstIndex { $0.client === call.client } }

  func visit(_ body: (LoopCall) -> Void) { for lane in lanes { lane.queue.visit(body) } }
}
