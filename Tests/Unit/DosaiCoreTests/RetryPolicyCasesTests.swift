import DosaiCore
import Foundation
import TestSupport
import Testing

/// A case of the kinds `retry-delay` and `should-retry`: shared/cases/README.md.
struct RetryCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Input: Decodable {
    let status: Int32
    let retries_taken: Int?
    let max_retries: Int?
    let headers: [String: String]
    let now_unix: Int64?
  }

  struct Expected: Decodable {
    struct Delay: Decodable {
      let min: Double
      let max: Double
    }

    let retry: Bool?
    let delay_ms: Delay?
  }

  let id: String
  let kind: String
  let input: Input?
  let expect: Expected

  var testDescription: String { id }

  /// The least and the most that the jitter makes of the delay; nil: there is no retry.
  func delays(most: Int) throws -> [Int64]? {
    let input = try #require(input)
    let lines = ["HTTP/1.1 \(input.status) x"] + input.headers.map { "\($0): \($1)" }
    let headers = try ResponseHeadersTests.headers(lines)
    var policy = RetryPolicy()
    policy.retriesMax = most
    let delays = [UInt32.max, .min].map { random in
      policy.delay(
        after: Status(httpStatus: input.status, ServerError()), httpStatus: input.status,
        attempt: input.retries_taken ?? 0, headers: headers, unixTime: input.now_unix ?? 0, random: random)
    }
    return delays[0] == nil && delays[1] == nil ? nil : delays.map { $0 ?? .min }
  }
}

@Suite("RetryPolicy on the cases of other projects", .enabled(if: SharedCases.arePresent, SharedCases.absence))
struct RetryPolicyCasesTests {
  /// Asks for the delay after 1103 retries of 3. By docs/design.md, 9, there is none after the last; the delay is as the case
  /// has it where there may be more.
  static let beyondTheLastRetry = "py-ra-22"

  static let all = SharedCases.read("retry_http", as: RetryCase.self).filter {
    $0.kind == "retry-delay" || $0.kind == "should-retry"
  }

  @Test func areThere() {
    #expect(Self.all.filter { $0.kind == "retry-delay" }.count == 38)
    #expect(Self.all.filter { $0.kind == "should-retry" }.count == 7)
  }

  @Test(arguments: all)
  func replay(_ replayed: RetryCase) throws {
    let isBeyond = replayed.id == Self.beyondTheLastRetry
    let most = replayed.input?.max_retries ?? 2
    if isBeyond { #expect(try replayed.delays(most: most) == nil) }
    let delays = try replayed.delays(most: isBeyond ? .max : most)
    #expect((delays != nil) == replayed.expect.retry)
    guard let expected = replayed.expect.delay_ms else { return }
    let found = try #require(delays)
    #expect(found.allSatisfy { Double($0) >= expected.min && Double($0) <= expected.max }, "\(found)")
  }
}
