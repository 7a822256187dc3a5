import TestSupport
import Testing

@testable import DosaiCore

/// docs/design.md, 9.
struct RetryPolicyTests {
  static let now: Int64 = 1_696_004_797  // Fri, 29 Sep 2023 16:26:37 GMT

  static func delay(
    _ failure: Status, _ httpStatus: Int32, attempt: Int = 0, most: Int = 2, headers: [String] = [], random: UInt32 = 0
  ) throws -> Int64? {
    var policy = RetryPolicy()
    policy.retriesMax = most
    return policy.delay(
      after: failure, httpStatus: httpStatus, attempt: attempt, headers: try ResponseHeadersTests.headers(headers),
      unixTime: now, random: random)
  }

  @Test func retriesTwiceByDefault() {
    #expect(RetryPolicy().retriesMax == 2)
    #expect(RetryPolicy.retryAfterMax == 120_000)
  }

  @Test(
    arguments: [
      (Status.server, 408, true), (.badRequest, 409, true), (.rateLimited, 429, true), (.server, 500, true),
      (.server, 502, true),
      (.unavailable, 503, true), (.server, 504, true), (.unavailable, 529, true), (.server, 599, true),
      (.badRequest, 400, false),
      (.authentication, 401, false), (.insufficientCredits, 402, false), (.permission, 403, false),
      (.notFound, 404, false),
      (.badRequest, 413, false), (.badRequest, 422, false), (.insufficientCredits, 429, false),
      (.redirected, 307, false),
      (.provider, 200, false), (.malformed, 200, false), (.truncated, 200, false), (.connection, 200, false),
      (.timeout, 200, false),
      (.connection, 0, true), (.timeout, 0, true), (.truncated, 0, true), (.tls, 0, false), (.cancelled, 0, false),
      (.outOfMemory, 0, false), (.resource, 0, false), (.malformed, 0, false), (.invalidArgument, 0, false),
      (.internalError, 0, false), (.proxy, 0, false),
      (.cancelled, 500, false), (.tooLarge, 500, false),
      (.malformed, 503, true), (.malformed, 429, true), (.malformed, 401, false),
    ] as [(Status, Int32, Bool)])
  func triesAgainOnlyAfterSome(failure: Status, httpStatus: Int32, expected: Bool) throws {
    #expect(try (Self.delay(failure, httpStatus) != nil) == expected)
    #expect(try Self.delay(failure, httpStatus, most: 0) == nil)
    #expect(try Self.delay(failure, httpStatus, attempt: 2) == nil)
  }

  /// What `dosai_error_is_retryable` says. Without a response, it depends on the status alone.
  @Test(
    arguments: [
      (Status.connection, 0, true), (.timeout, 0, true), (.truncated, 0, true), (.truncated, 200, true),
      (.timeout, 200, true), (.tls, 0, false), (.cancelled, 0, false), (.proxy, 0, false), (.resource, 0, false),
      (.server, 500, true), (.rateLimited, 429, true), (.badRequest, 400, false), (.cancelled, 500, false),
      (.malformed, 503, true), (.malformed, 200, false),
    ] as [(Status, Int32, Bool)])
  func saysWhatMayPass(failure: Status, httpStatus: Int32, expected: Bool) throws {
    let headers = httpStatus == 0 ? nil : try ResponseHeadersTests.headers([])
    #expect(RetryPolicy.mayPass(failure, httpStatus, headers) == expected)
    if httpStatus != 0 { #expect(RetryPolicy.mayPass(failure, 0, headers) == RetryPolicy.mayPass(failure, 0, nil)) }
  }

  @Test(
    arguments: [
      (Status.badRequest, 400, "true", true), (.notFound, 404, "true", true), (.server, 500, "false", false),
      (.rateLimited, 429, "false", false), (.rateLimited, 429, "maybe", true), (.badRequest, 400, "maybe", false),
      (.insufficientCredits, 402, "true", false), (.insufficientCredits, 429, "true", false),
      (.provider, 200, "true", false),
      (.redirected, 302, "true", false),
    ] as [(Status, Int32, String, Bool)])
  func letsTheServerDecide(failure: Status, httpStatus: Int32, word: String, expected: Bool) throws {
    let headers = ["HTTP/1.1 \(httpStatus) x", "X-Should-Retry: \(word)"]
    #expect(try (Self.delay(failure, httpStatus, headers: headers) != nil) == expected)
  }

  @Test(arguments: [
    (0, 500), (1, 1000), (2, 2000), (3, 4000), (4, 8000), (5, 8000), (63, 8000), (64, 8000), (1103, 8000),
  ])
  func doublesTheDelay(attempt: Int, full: Int64) throws {
    #expect(try Self.delay(.server, 500, attempt: attempt, most: .max) == full)
    let least = try #require(try Self.delay(.server, 500, attempt: attempt, most: .max, random: .max))
    #expect(least > full * 3 / 4 - 1 && least <= full * 3 / 4 + 1)
    let middle = try #require(try Self.delay(.server, 500, attempt: attempt, most: .max, random: 1 << 31))
    #expect(middle == full - full / 8)
  }

  @Test(
    arguments: [
      ("retry-after: 20", 20_000), ("retry-after: 0.25", 250), ("retry-after: 1.5", 1500),
      ("retry-after: 120", 120_000),
      ("retry-after: 0.0009", 0), ("retry-after: 0", 0), ("retry-after-ms: 125", 125), ("retry-after-ms: 0", 0),
      ("retry-after-ms: 99.9", 99), ("retry-after: 121", 121_000),
      ("Retry-After: Fri, 29 Sep 2023 16:26:57 GMT", 20_000),
      ("retry-after: Fri, 29 Sep 2023 16:26:17 GMT", 0), ("retry-after: -10", -1), ("retry-after: -0", -1),
      ("retry-after: -0.5", -1), ("retry-after: +5", -1), ("retry-after: inf", -1), ("retry-after: NaN", -1),
      ("retry-after: ", -1),
      ("retry-after: 5 s", -1), ("retry-after: 5s", -1), ("retry-after: 1.2.3", -1), ("retry-after: soon", -1),
      ("retry-after: 2e1", 20_000), ("retry-after: 1e-05", 0), ("retry-after: 1.25e-1", 125), ("retry-after: 1e", -1),
      ("retry-after: 1e+", -1), ("retry-after: 1e1.5", -1), ("retry-after: 0." + "1".times(400), 111),
      ("retry-after: 0e999", 0),
      ("retry-after: 1.001", 1001), ("retry-after: 1.", 1000), ("retry-after: .", -1), ("retry-after: 1,5", -1),
      ("retry-after-ms: -1", -1), ("x-retry: 5", -1),
    ] as [(String, Int64)])
  func readsWhatTheServerAsksFor(line: String, expected: Int64) throws {
    #expect(RetryPolicy.retryAfter(try ResponseHeadersTests.headers([line]), unixTime: Self.now) == expected)
  }

  /// Numbers of any size are numbers, and beyond 120 s there is no retry.
  @Test(arguments: [
    "1000000000000000", "9999999999999999", "99999999999999999999", "1" + "0".times(400), "1e100", "1e3",
    "9223372036854775807",
    "1.5e300", "120.001", "0.5e3", "0.0005e9", "1" + "0".times(400) + "e-400", "1E+9", "1e99999999999999999999", "121",
    "999999999999999.9",
  ])
  func readsNumbersOfAnySize(number: String) throws {
    let asked = RetryPolicy.retryAfter(try ResponseHeadersTests.headers(["retry-after: \(number)"]), unixTime: Self.now)
    #expect(asked > RetryPolicy.retryAfterMax)
    #expect(try Self.delay(.rateLimited, 429, headers: ["retry-after: \(number)"]) == nil)
  }

  @Test func takesMillisecondsBeforeSeconds() throws {
    let both = ["retry-after: 7", "retry-after-ms: 250"]
    #expect(try Self.delay(.rateLimited, 429, headers: both) == 250)
    #expect(try Self.delay(.rateLimited, 429, headers: ["retry-after-ms: x", "retry-after: 7"]) == 7000)
  }

  @Test(
    arguments: [
      ("retry-after: 120", 120_000), ("retry-after-ms: 120000", 120_000), ("retry-after: 120.001", nil),
      ("retry-after: 121", nil),
      ("retry-after-ms: 120001", nil), ("retry-after: Fri, 29 Sep 2023 16:28:37 GMT", 120_000),
      ("retry-after: Fri, 29 Sep 2023 16:28:38 GMT", nil), ("retry-after: 0", 500), ("retry-after-ms: 0", 500),
      ("retry-after: soon", 500),
      ("retry-after: Fri, 29 Sep 2023 16:26:37 GMT", 500), ("retry-after: Thu, 01 Jan 1970 00:00:00 GMT", 500),
      ("retry-after-ms: 1", 1),
    ] as [(String, Int64?)])
  func waitsAsAskedUpToTwoMinutes(line: String, expected: Int64?) throws {
    #expect(try Self.delay(.rateLimited, 429, headers: [line]) == expected)
    #expect(try Self.delay(.rateLimited, 429, headers: [line, "x-should-retry: true"]) == expected)
  }

  /// How long no other call is sent, which does not depend on whether this one is repeated.
  @Test(
    arguments: [
      (.rateLimited, 429, [], 500), (.rateLimited, 429, ["retry-after: 2"], 2000),
      (.rateLimited, 429, ["retry-after: 121"], 120_000), (.rateLimited, 429, ["retry-after: 0"], 500),
      (.rateLimited, 429, ["retry-after: 2", "x-should-retry: false"], 2000),
      (.rateLimited, 429, ["x-should-retry: false"], 500), (.unavailable, 503, [], nil),
      (.unavailable, 503, ["retry-after: 2"], 2000),
      (.unavailable, 503, ["retry-after: 2", "x-should-retry: false"], 2000),
      (.insufficientCredits, 429, ["retry-after: 2"], nil), (.server, 500, ["retry-after: 2"], nil),
    ] as [(Status, Int, [String], Int64?)])
  func holdsUpTheOtherCalls(failure: Status, httpStatus: Int, lines: [String], expected: Int64?) throws {
    let headers = try ResponseHeadersTests.headers(["HTTP/1.1 \(httpStatus) x"] + lines)
    #expect(RetryPolicy.hold(after: failure, headers, unixTime: Self.now) == expected)
  }

  /// Headers that were not whole when the connection broke ask for nothing.
  @Test func doesNotAskHeadersThatAreNotWhole() throws {
    #expect(try Self.delay(.connection, 0, headers: ["retry-after: 60"]) == 500)
  }
}
