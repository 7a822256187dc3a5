import CSystem
import DosaiCore
import DosaiHTTP
import DosaiJSON

/// The rate of a client or of a loop. Any number of threads may use it at once.
package final class RateLimiter {
  private let mutex: Mutex
  private var rate: Rate
  private let countsTokens: Bool

  /// Of each: 0: no limit.
  static func make(requests: Int64, tokens: Int64) throws(Failure) -> RateLimiter {
    RateLimiter(Rate(requests: requests, tokens: tokens), countsTokens: tokens > 0, try Mutex.make())
  }

  private init(_ rate: Rate, countsTokens: Bool, _ mutex: Mutex) {
    self.rate = rate
    self.countsTokens = countsTokens
    self.mutex = mutex
  }

  /// nil: the request is sent now. Otherwise, when to ask again.
  func admit(_ claim: inout Rate.Claim, body: Buffer?) -> Int64? {
    if countsTokens, claim.tokens == 0, let body { claim.tokens = ChatRequest.tokenEstimate(body.bytes) }
    return mutex.locked { rate.admit(&claim, csystem_now()) }
  }

  func settle(_ claim: inout Rate.Claim, cost: Int64?) {
    mutex.locked { rate.settle(&claim, cost: cost, csystem_now()) }
  }

  func giveBack(_ claim: inout Rate.Claim) { mutex.locked { rate.giveBack(&claim, csystem_now()) } }

  func hold(_ milliseconds: Int64) { mutex.locked { rate.hold(until: csystem_now() + milliseconds * 1_000_000) } }
}

/// What the rates in the options ask for: 0 in both is none.
package struct RateSettings {
  package var requests: Int64 = 0
  package var tokens: Int64 = 0

  package init() {}

  func makeLimiter() throws(Failure) -> RateLimiter? {
    if requests == 0 && tokens == 0 { return nil }
    return try RateLimiter.make(requests: max(0, requests), tokens: max(0, tokens))
  }
}

extension Call {
  /// The loop's, if it has one; otherwise, the client's. In a forked child its mutex may be locked for ever.
  private var limiter: RateLimiter? {
    kind == .warming || !client.isOurs ? nil : owner?.limiter ?? client.limiter
  }

  /// nil: the next attempt may begin. Otherwise, when to ask again.
  func awaitAdmission() -> Int64? {
    guard let limiter, !claim.isAdmitted else { return nil }
    return limiter.admit(&claim, body: body)
  }

  /// The attempt waits for a connection, and asks again when it has one.
  func giveBackAdmission() { if claim.isAdmitted { limiter?.giveBack(&claim) } }

  /// An attempt or the call has ended. nil: well.
  func settle(_ failure: Failure?) {
    guard let limiter else { return }
    var cost = usage.flatMap { $0.totalTokens < 0 ? nil : $0.totalTokens }
    if let failure {
      if httpStatus >= 400 || state.connected == nil { cost = 0 }
      if transfer?.hasAnswer == true,
        let delay = RetryPolicy.hold(after: failure.status, reply.headers, unixTime: csystem_unix_time())
      {
        limiter.hold(delay)
      }
    }
    limiter.settle(&claim, cost: cost)
  }
}
