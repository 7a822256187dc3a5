import TestSupport
import Testing

@testable import DosaiCore

/// On a virtual clock: each request asks when it was told to, or a little later.
struct RateTests {
  static let second: Int64 = 1_000_000_000
  static let start = 5_000 * second

  struct Request {
    var claim = Rate.Claim()
    var asks: Int64
    let number: Int

    init(_ number: Int, tokens: Int64 = 0, asks: Int64 = start) {
      self.number = number
      self.asks = asks
      claim.tokens = tokens
    }
  }

  struct Sent {
    let number: Int
    let time: Int64
    let tokens: Int64
  }

  /// Lets requests ask until all were admitted or the time is over. `answered` gives what a request has cost in the end,
  /// and after which time; nil: no usage came.
  static func run(
    _ rate: inout Rate, _ requests: [Request], until end: Int64 = .max, late: Int64 = 0, seed: UInt64 = 1,
    answered: (Request) -> (cost: Int64?, after: Int64)? = { _ in nil }
  ) -> [Sent] {
    var random = Lehmer(seed: seed)
    var asking = requests
    var answers: [(time: Int64, claim: Rate.Claim, cost: Int64?)] = []
    var sent: [Sent] = []
    while let next = asking.indices.min(by: { asking[$0].asks < asking[$1].asks }) {
      let now = asking[next].asks
      if now >= end { break }
      for index in answers.indices.reversed() where answers[index].time <= now {
        var answer = answers.remove(at: index)
        rate.settle(&answer.claim, cost: answer.cost, answer.time)
      }
      if let due = rate.admit(&asking[next].claim, now) {
        #expect(due > now)
        asking[next].asks = due + (late > 0 ? Int64.random(in: 0...late, using: &random) : 0)
      } else {
        let request = asking.remove(at: next)
        let answer = answered(request)
        sent.append(Sent(number: request.number, time: now, tokens: answer?.cost ?? request.claim.tokens))
        if let answer { answers.append((now + answer.after, request.claim, answer.cost)) }
      }
    }
    return sent
  }

  /// The most that lies in any 60 s.
  static func most(_ sent: [Sent], _ weight: (Sent) -> Int64) -> Int64 {
    var most: Int64 = 0
    var sum: Int64 = 0
    var first = 0
    for last in sent {
      sum += weight(last)
      while last.time - sent[first].time >= 60 * second {
        sum -= weight(sent[first])
        first += 1
      }
      most = max(most, sum)
    }
    return most
  }

  /// One is told to ask again an interval after the one ahead of it, not at the time of that one, in vain.
  @Test func asksAfterTheOneAhead() throws {
    var rate = Rate(requests: 60, tokens: 0)
    var claims = (0..<3).map { _ in Rate.Claim() }
    #expect(rate.admit(&claims[0], Self.start) == nil)
    let first = try #require(rate.admit(&claims[1], Self.start))
    let second = try #require(rate.admit(&claims[2], Self.start))
    #expect(second >= first + Self.second)
  }

  @Test(arguments: [1, 7, 60, 500, 6000] as [Int64], [0, 3_000_000, 400_000_000] as [Int64])
  func requestsOfAnyMinute(limit: Int64, late: Int64) {
    var rate = Rate(requests: limit, tokens: 0)
    let minutes: Int64 = limit > 1000 ? 2 : 5
    let requests = (0..<Int(min(limit, 100))).flatMap { start in
      (0..<Int(limit * (minutes + 1)) / Int(min(limit, 100)) + 1).map { Request($0 * 1000 + start) }
    }
    // As a loop does: the queue's first asks.
    var sent: [Sent] = []
    var claim = Rate.Claim()
    var now = Self.start
    var random = Lehmer(seed: UInt64(limit))
    while now < Self.start + minutes * 60 * Self.second, sent.count < requests.count {
      if let due = rate.admit(&claim, now) {
        now = due + (late > 0 ? Int64.random(in: 0...late, using: &random) : 0)
      } else {
        sent.append(Sent(number: sent.count, time: now, tokens: 0))
        claim = Rate.Claim()
      }
    }
    #expect(Self.most(sent) { _ in 1 } <= limit)
    #expect(Double(sent.count) >= 0.95 * Double(limit * minutes) - (limit == 1 ? 1 : 0))
    // Evenly: no more in a second than its part, and what half a second's lateness adds.
    let gaps = zip(sent, sent.dropFirst(Int(limit / 60) + 2)).map { $1.time - $0.time }
    #expect(gaps.allSatisfy { $0 >= Self.second / 2 })
  }

  @Test(arguments: [0, 5_000_000] as [Int64], [nil, 400, 1_000, 1_600] as [Int64?])
  func tokensOfAnyMinute(late: Int64, cost: Int64?) {
    var rate = Rate(requests: 0, tokens: 10_000)
    let sent = Self.run(
      &rate, (0..<150).map { Request($0, tokens: 1_000) }, until: Self.start + 600 * Self.second, late: late
    ) { _ in (cost, 200_000_000) }
    // What costs more than its estimate is known too late only for those that are on their way.
    if cost ?? 1_000 <= 1_000 { #expect(Self.most(sent) { $0.tokens } <= 10_000) }
    #expect(sent.reduce(0) { $0 + $1.tokens } >= min(95_000, (cost ?? 1_000) * 150))
  }

  /// As soon as the minute is over that began with the second of the first.
  @Test func tokensAsSoonAsTheyAreFree() {
    var rate = Rate(requests: 0, tokens: 1_000)
    let sent = Self.run(&rate, (0..<3).map { Request($0, tokens: 1_000, asks: Self.start + 300_000_000) })
    let waits = zip(sent, sent.dropFirst()).map { $1.time - $0.time }
    #expect(waits.allSatisfy { $0 >= 60 * Self.second && $0 <= 61 * Self.second }, "\(waits)")
  }

  @Test func aRequestBeyondTheLimitIsSentAlone() {
    var rate = Rate(requests: 0, tokens: 1_000)
    let sent = Self.run(&rate, [500, 5_000, 500].enumerated().map { Request($0, tokens: $1) })
    #expect(sent.map(\.number) == [0, 1, 2])
    #expect(sent[1].time - sent[0].time >= 60 * Self.second && sent[2].time - sent[1].time >= 60 * Self.second)
  }

  /// Threads, each with a request, of which one is large.
  @Test(arguments: 0..<20) func inTheOrderInWhichTheyAsked(seed: UInt64) {
    var rate = Rate(requests: 600, tokens: 60_000)
    let requests = (0..<200).map { Request($0, tokens: $0 == 60 ? 50_000 : 100, asks: Self.start + Int64($0)) }
    let sent = Self.run(&rate, requests, late: 2_000_000, seed: seed)
    #expect(sent.map(\.number) == Array(0..<200))
  }

  @Test func manyThreads() {
    var rate = Rate(requests: 3_000, tokens: 0)
    let sent = Self.run(&rate, (0..<300).map { Request($0) }, late: 1_000_000)
    #expect(sent.map(\.number) == Array(0..<300))
    #expect(sent.count == 300 && sent[299].time - Self.start < 6_200_000_000)
  }

  @Test func oneThatNoLongerAsksHoldsNobodyUp() {
    var rate = Rate(requests: 60, tokens: 0)
    var gone = Rate.Claim()
    var left = Rate.Claim()
    var first = Rate.Claim()
    #expect(rate.admit(&first, Self.start) == nil)
    #expect(rate.admit(&gone, Self.start) != nil)
    #expect(rate.admit(&left, Self.start) != nil)
    rate.settle(&left, cost: nil, Self.start)
    let sent = Self.run(&rate, [Request(3)])
    #expect(sent[0].time - Self.start < 4 * Self.second)
    // It may still come back.
    #expect(rate.admit(&gone, sent[0].time + 5 * Self.second) == nil)
  }

  /// Behind one that waits for many tokens, nobody asks all the time.
  @Test func fewAsk() {
    var rate = Rate(requests: 0, tokens: 10_000)
    var claims = ([9_900, 5_000, 10, 10] as [Int64]).map { tokens in
      var claim = Rate.Claim()
      claim.tokens = tokens
      return claim
    }
    #expect(rate.admit(&claims[0], Self.start) == nil)
    var asks = 0
    var due = [Self.start, Self.start, Self.start]
    while let next = due.indices.min(by: { due[$0] < due[$1] }), due[next] < Self.start + 60 * Self.second {
      asks += 1
      due[next] = rate.admit(&claims[next + 1], due[next]) ?? .max
    }
    #expect(asks < 250)
  }

  /// What was given back counts for nobody.
  @Test func givenBack() {
    var rate = Rate(requests: 60, tokens: 100)
    var claim = Rate.Claim()
    claim.tokens = 90
    for _ in 0..<3 {
      #expect(rate.admit(&claim, Self.start) == nil)
      rate.giveBack(&claim, Self.start)
      rate.giveBack(&claim, Self.start)
    }
    #expect(!claim.isAdmitted && rate.admit(&claim, Self.start) == nil)
  }

  /// Whatever the options and the server say, it is only a number.
  @Test func extremes() {
    var rate = Rate(requests: .max, tokens: .max)
    for turn in 0..<5 as Range<Int64> {
      var claim = Rate.Claim()
      claim.tokens = Int64(Int32.max)
      #expect(rate.admit(&claim, Self.start + turn) == nil)
      rate.settle(&claim, cost: .max, Self.start + turn)
    }
    rate = Rate(requests: .max, tokens: 1)
    var claim = Rate.Claim()
    claim.tokens = .max
    #expect(rate.admit(&claim, Self.start) == nil)
    rate.settle(&claim, cost: .max, Self.start)
    #expect(rate.admit(&claim, Self.start) != nil)
    #expect(rate.admit(&claim, Self.start + 62 * Self.second) == nil)
  }

  @Test func aHoldIsForAll() {
    for limit in [0, 600] as [Int64] {
      var rate = Rate(requests: limit, tokens: 0)
      rate.hold(until: Self.start + 7 * Self.second)
      rate.hold(until: Self.start + 3 * Self.second)
      let sent = Self.run(&rate, (0..<10).map { Request($0) })
      #expect(sent.allSatisfy { $0.time >= Self.start + 7 * Self.second })
      #expect(sent.map(\.number) == Array(0..<10))
      #expect(sent[9].time < Self.start + 9 * Self.second)
    }
  }

  /// A claim that was given back is used again by the next attempt, and counts again.
  @Test func eachAttemptCounts() {
    var rate = Rate(requests: 2, tokens: 0)
    var claim = Rate.Claim()
    #expect(rate.admit(&claim, Self.start) == nil && claim.isAdmitted)
    rate.settle(&claim, cost: 0, Self.start)
    #expect(!claim.isAdmitted)
    #expect(rate.admit(&claim, Self.start) ?? 0 > Self.start + 29 * Self.second)
  }

  @Test(
    arguments: [
      (#"{"max_tokens":100}"#, 104), (#" {"n":1,"max_completion_tokens": 7 }"#, 16), (#"{"max_output_tokens":5}"#, 10),
      (#"{"max_tokens":-5}"#, 4), (#"{"max_tokens":"9"}"#, 4), (#"{"max_tokens":1e3}"#, 4), ("[1,2,3]", 1), ("", 0),
      (#"{"max_tokens":99999999999999}"#, 2_147_483_654),
    ]) func estimates(body: String, tokens: Int64)
  {
    body.lent { #expect(ChatRequest.tokenEstimate($0) == tokens) }
  }
}
