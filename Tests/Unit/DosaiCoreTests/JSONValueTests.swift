import DosaiCore
import TestSupport
import Testing

struct JSONValueTests {
  @Test(
    arguments: [
      ("stop", .stop), ("length", .length), ("tool_calls", .toolCalls), ("function_call", .toolCalls),
      ("content_filter", .contentFilter), ("", .none), ("eos", .other), ("STOP", .other), ("stop ", .other),
      ("\0", .other),
    ] as [(String, FinishReason)])
  func knowsTheFinishReasons(word: String, expected: FinishReason) {
    word.lent { #expect(FinishReason($0) == expected) }
  }

  @Test func namesEachQuirkOnce() {
    let names = (0..<32).compactMap { Quirks.name(1 << UInt32($0)).map { "\($0)" } }
    #expect(names.count == 20)
    #expect(Set(names).count == 20)
    #expect(names.first == "DONE_MISSING")
    #expect(names.last == "BIG_NUMBER")
    #expect(Quirks.name(0) == nil)
    #expect(Quirks.name(3) == nil)
  }

  @Test func knowsNoTokensAtFirst() {
    let usage = Usage()
    let all = [
      usage.promptTokens, usage.completionTokens, usage.totalTokens, usage.cachedTokens, usage.reasoningTokens,
    ]
    #expect(all == [-1, -1, -1, -1, -1])
  }
}
