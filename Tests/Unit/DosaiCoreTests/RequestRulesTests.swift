import TestSupport
import Testing

@testable import DosaiCore

struct RequestRulesTests {
  static func refusal(_ key: String, _ value: RequestRules.Value) -> String? {
    complaint { try key.lent { try RequestRules.check($0, value) } }
  }

  @Test(
    arguments: [
      ("temperature", 0, 2, "temperature must be between 0 and 2"), ("top_p", 0, 1, "top_p must be between 0 and 1"),
      ("frequency_penalty", -2, 2, "frequency_penalty must be between -2.0 and 2.0"),
      ("presence_penalty", -2, 2, "presence_penalty must be between -2.0 and 2.0"),
    ] as [(String, Double, Double, String)])
  func holdsNumbersToTheirRange(key: String, low: Double, high: Double, why: String) {
    for number in [low, high, (low + high) / 2, low.nextUp, high.nextDown] {
      #expect(Self.refusal(key, .number(number)) == nil, "\(number)")
    }
    for number in [low.nextDown, high.nextUp, -100, 1e300] {
      #expect(Self.refusal(key, .number(number)) == why, "\(number)")
    }
    for integer in [Int64(low), Int64(high)] { #expect(Self.refusal(key, .integer(integer)) == nil) }
    for integer in [Int64(low) - 1, Int64(high) + 1, .min, .max] {
      #expect(Self.refusal(key, .integer(integer)) == why)
    }
    #expect(Self.refusal(key, .text) == key + " must be a number")
  }

  @Test(
    arguments: [
      ("max_tokens", 0, " must be 1 or more"), ("max_tokens", -1, " must be 1 or more"), ("max_tokens", 1, nil),
      ("max_tokens", .max, nil), ("n", 0, " must be 1 or more"), ("n", 1, nil), ("n", 128, nil),
      ("n", 129, " must be 128 or less"),
      ("n", .min, " must be 1 or more"),
    ] as [(String, Int64, String?)])
  func holdsIntegersToTheirRange(key: String, integer: Int64, why: String?) {
    #expect(Self.refusal(key, .integer(integer)) == why.map { key + $0 })
    #expect(Self.refusal(key, .number(Double(integer))) == key + " must be an integer")
    #expect(Self.refusal(key, .text) == key + " must be an integer")
  }

  @Test(arguments: ["model", "stop", "tool_choice"])
  func takesTextAlone(key: String) {
    #expect(Self.refusal(key, .text) == nil)
    #expect(Self.refusal(key, .integer(1)) == key + " must be text")
    #expect(Self.refusal(key, .number(1)) == key + " must be text")
  }

  @Test(arguments: [
    ("stream", "stream: is decided by the call that sends the request"),
    ("messages", "messages: is a list; add each with dosai_request_add_message"),
    ("tools", "tools: is a list; add each with dosai_request_add_tool"),
    ("response_format", "response_format: is an object; set it as JSON"),
  ])
  func takesNeitherTextNorNumber(key: String, why: String) {
    for value in [RequestRules.Value.text, .number(1), .integer(1)] { #expect(Self.refusal(key, value) == why) }
  }

  @Test(arguments: ["seed", "user", "Temperature", "temperature2", "nn", "top_k", "logit_bias", ""])
  func letsOthersPass(key: String) {
    for value in [RequestRules.Value.text, .number(-1e300), .integer(.min)] { #expect(Self.refusal(key, value) == nil) }
  }

  /// The rules bind the typed setters, and leave the request as it was; JSON may say anything.
  @Test func bindsTheSetters() throws {
    let request = try ChatRequest("{}")
    #expect(status { try request.set("temperature", number: 2.5) } == .invalidArgument)
    #expect(status { try request.set("n", integer: 129) } == .invalidArgument)
    #expect(status { try request.set("max_tokens", text: "many") } == .invalidArgument)
    #expect(status { try request.set("stream", text: "true") } == .invalidArgument)
    #expect(request.string == "{}")
    try request.set("temperature", json: "2.5")
    try request.set("n", json: "\"many\"")
    #expect(request.string == #"{"temperature":2.5,"n":"many"}"#)
  }
}
