/// How many requests and tokens a minute may be sent. A value without a clock: `now` is monotonic nanoseconds.
///
/// In any 60 s, no more requests are sent than the limit, and no more tokens than estimates and usage add up to.
package struct Rate {
  /// A request's place in the queue, and what it has reserved.
  package struct Claim {
    /// What it may cost.
    package var tokens: Int64 = 0
    fileprivate var turn: Int64 = 0
    fileprivate var second: Int64 = -1

    package init() {}

    /// It may be sent, or was.
    package var isAdmitted: Bool { second >= 0 }
  }

  private static let minute: Int64 = 60_000_000_000
  private static let second: Int64 = 1_000_000_000
  private static let least: Int64 = 1_000_000  // until one asks again
  /// If those that wait ask too late, by no more than this, the requests that were missed are sent at once.
  private static let burst: Int64 = 500_000_000
  private static let moment: Int64 = 20_000_000
  /// One that does not ask again within this of its time has lost its place.
  private static let patience: Int64 = 100_000_000
  /// A server may say any number.
  private static let costMax: Int64 = 1 << 40
  private static let ringSize: Int64 = 61  // of its seconds, the first and the last are part of one

  private let interval: Int64  // between two requests
  private let tokensMax: Int64
  private var next = Int64.min  // when the next request is due
  private var sent = Int64.min  // when the last one was sent
  private var heldUntil = Int64.min
  private var tokens: Int64 = 0  // of the ring
  private var ring: [Int64]
  private var last: Int64 = 0  // the last second of the ring
  private var waiting: [(turn: Int64, due: Int64)] = []
  private var turns: Int64 = 0

  /// 0: no limit.
  package init(requests: Int64, tokens: Int64) {
    interval = requests <= 0 ? 0 : (Self.minute + Self.burst - 1) / requests + 1
    tokensMax = tokens
    ring = Array(repeating: 0, count: tokens > 0 ? Int(Self.ringSize) : 0)
  }

  /// nil: the request is admitted, and sent now. Otherwise, the time to ask again; its place in the queue is kept.
  package mutating func admit(_ claim: inout Claim, _ now: Int64) -> Int64? {
    while let first = waiting.first, first.turn != claim.turn, first.due < now &- Self.patience {
      waiting.removeFirst()
    }
    let opens = opening(claim.tokens, now)
    let place = place(of: claim)
    if opens <= now, place == 0 || waiting.isEmpty {
      take(&claim, now)
      return nil
    }
    // Nobody is sent before the one ahead.
    var due = max(opens, now &+ Self.least)
    let ahead = (place ?? waiting.count) - 1
    if ahead >= 0 {
      due = max(due, min(waiting[ahead].due, max(opens, now) &+ Self.second) &+ max(interval, Self.least))
    }
    if let place {
      waiting[place].due = due
    } else {
      turns += 1
      claim.turn = turns
      waiting.append((turns, due))
    }
    return due
  }

  /// What an admitted request has cost; nil: what was estimated. Whatever it was, the claim can be used again.
  package mutating func settle(_ claim: inout Claim, cost: Int64?, _ now: Int64) {
    if let cost, claim.isAdmitted, tokensMax > 0 {
      turn(now)
      if last - claim.second < Self.ringSize { add(min(cost, Self.costMax) - claim.tokens, claim.second) }
    }
    claim.second = -1
    leave(&claim)
  }

  /// The server wants no request until then.
  package mutating func hold(until time: Int64) {
    heldUntil = max(heldUntil, time)
    next = max(next, time)
  }

  /// An admitted request was not sent, and asks again later.
  package mutating func giveBack(_ claim: inout Claim, _ now: Int64) {
    guard claim.isAdmitted else { return }
    next -= interval
    settle(&claim, cost: 0, now)
  }

  private func place(of claim: Claim) -> Int? {
    guard claim.turn > 0, let first = waiting.first else { return nil }
    var place = Int(clamping: min(claim.turn - first.turn, Int64(waiting.count - 1)))
    while place >= 0 && waiting[place].turn > claim.turn { place -= 1 }
    return place >= 0 && waiting[place].turn == claim.turn ? place : nil
  }

  private mutating func leave(_ claim: inout Claim) {
    if let place = place(of: claim) { waiting.remove(at: place) }
    claim.turn = 0
  }

  /// When a request would be admitted if none waited.
  private mutating func opening(_ wanted: Int64, _ now: Int64) -> Int64 {
    let opens = max(heldUntil, next)
    if tokensMax <= 0 { return opens }
    turn(now)
    return tokens > tokensMax - min(wanted, tokensMax) ? max(opens, (last + 1) * Self.second) : opens
  }

  private mutating func take(_ claim: inout Claim, _ now: Int64) {
    let isLate = claim.turn > 0 || sent > now &- Self.moment  // else, nobody waited
    next = max(next, isLate ? now - Self.burst : now) + interval
    sent = now
    leave(&claim)
    claim.second = now / Self.second
    if tokensMax > 0 { add(claim.tokens, claim.second) }
  }

  private mutating func add(_ count: Int64, _ second: Int64) {
    ring[Int(second % Self.ringSize)] += count
    tokens += count
  }

  /// Forgets the seconds that are more than a minute ago.
  private mutating func turn(_ now: Int64) {
    let second = now / Self.second
    if second - last > Self.ringSize { last = second - Self.ringSize }
    while last < second {
      last += 1
      let oldest = Int(last % Self.ringSize)
      tokens -= ring[oldest]
      ring[oldest] = 0
    }
  }
}
