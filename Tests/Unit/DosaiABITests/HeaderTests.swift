import CDosai
import DosAIEngine
import DosaiCore
import Foundation
import Testing

/// The numbers of the core are those of the header, and it has no others.
struct HeaderTests {
  @Test func numbersEachStatus() {
    let all: [(Status, Int, String)] = [
      (.ok, DOSAI_OK, "OK"), (.invalidArgument, DOSAI_INVALID_ARGUMENT, "INVALID_ARGUMENT"),
      (.outOfMemory, DOSAI_OUT_OF_MEMORY, "OUT_OF_MEMORY"), (.resource, DOSAI_RESOURCE, "RESOURCE"),
      (.busy, DOSAI_BUSY, "BUSY"), (.forked, DOSAI_FORKED, "FORKED"), (.cancelled, DOSAI_CANCELLED, "CANCELLED"),
      (.timeout, DOSAI_TIMEOUT, "TIMEOUT"), (.connection, DOSAI_CONNECTION, "CONNECTION"), (.tls, DOSAI_TLS, "TLS"),
      (.truncated, DOSAI_TRUNCATED, "TRUNCATED"), (.malformed, DOSAI_PROTOCOL, "PROTOCOL"),
      (.tooLarge, DOSAI_TOO_LARGE, "TOO_LARGE"), (.redirected, DOSAI_REDIRECTED, "REDIRECTED"),
      (.wouldBlock, DOSAI_WOULD_BLOCK, "WOULD_BLOCK"), (.proxy, DOSAI_PROXY, "PROXY"),
      (.badRequest, DOSAI_BAD_REQUEST, "BAD_REQUEST"),
      (.authentication, DOSAI_AUTHENTICATION, "AUTHENTICATION"),
      (.insufficientCredits, DOSAI_INSUFFICIENT_CREDITS, "INSUFFICIENT_CREDITS"),
      (.permission, DOSAI_PERMISSION, "PERMISSION"), (.notFound, DOSAI_NOT_FOUND, "NOT_FOUND"),
      (.rateLimited, DOSAI_RATE_LIMITED, "RATE_LIMITED"), (.server, DOSAI_SERVER, "SERVER"),
      (.unavailable, DOSAI_UNAVAILABLE, "UNAVAILABLE"), (.provider, DOSAI_PROVIDER, "PROVIDER"),
      (.internalError, DOSAI_INTERNAL, "INTERNAL"),
    ]
    for (status, number, name) in all {
      #expect(Int(status.rawValue) == number)
      #expect("\(status.name)" == name)
    }
    #expect((-1000...1000).filter { Status(rawValue: $0) != nil }.count == all.count)
  }

  @Test func numbersEachClock() {
    let all: [(Clock, Int)] = [
      (.none, DOSAI_CLOCK_NONE), (.connect, DOSAI_CLOCK_CONNECT), (.firstToken, DOSAI_CLOCK_FIRST_TOKEN),
      (.idle, DOSAI_CLOCK_IDLE), (.total, DOSAI_CLOCK_TOTAL),
    ]
    for (clock, number) in all { #expect(Int(clock.rawValue) == number) }
    #expect((-1000...1000).filter { Clock(rawValue: $0) != nil }.count == all.count)
  }

  @Test func numbersEachFinishReason() {
    let all: [(FinishReason, Int)] = [
      (.none, DOSAI_FINISH_NONE), (.stop, DOSAI_FINISH_STOP), (.length, DOSAI_FINISH_LENGTH),
      (.toolCalls, DOSAI_FINISH_TOOL_CALLS), (.contentFilter, DOSAI_FINISH_CONTENT_FILTER),
      (.other, DOSAI_FINISH_OTHER),
    ]
    for (reason, number) in all { #expect(Int(reason.rawValue) == number) }
    #expect((-1000...1000).filter { FinishReason(rawValue: $0) != nil }.count == all.count)
  }

  @Test func numbersEachKindOfChunk() {
    let all: [(Chunk.Kind, Int)] = [
      (.other, DOSAI_CHUNK_OTHER), (.content, DOSAI_CHUNK_CONTENT), (.reasoning, DOSAI_CHUNK_REASONING),
      (.refusal, DOSAI_CHUNK_REFUSAL), (.toolCall, DOSAI_CHUNK_TOOL_CALL), (.finish, DOSAI_CHUNK_FINISH),
      (.usage, DOSAI_CHUNK_USAGE), (.event, DOSAI_CHUNK_EVENT),
    ]
    for (kind, number) in all { #expect(Int(kind.rawValue) == number) }
    #expect((-1000...1000).filter { Chunk.Kind(rawValue: $0) != nil }.count == all.count)
  }

  @Test func numbersEachPointOfACall() {
    let all: [(CallEvent.Kind, Int)] = [
      (.started, DOSAI_CALL_STARTED), (.attempt, DOSAI_CALL_ATTEMPT), (.connected, DOSAI_CALL_CONNECTED),
      (.headers, DOSAI_CALL_HEADERS), (.firstToken, DOSAI_CALL_FIRST_TOKEN), (.retry, DOSAI_CALL_RETRY),
      (.ended, DOSAI_CALL_ENDED),
    ]
    for (kind, number) in all { #expect(Int(kind.rawValue) == number) }
    #expect((-1000...1000).filter { CallEvent.Kind(rawValue: $0) != nil }.count == all.count)
  }

  @Test func numbersEachQuirk() {
    let all: [(Quirks, Int, String)] = [
      (.doneMissing, DOSAI_QUIRK_DONE_MISSING, "DONE_MISSING"), (.donePadded, DOSAI_QUIRK_DONE_PADDED, "DONE_PADDED"),
      (.afterDone, DOSAI_QUIRK_AFTER_DONE, "AFTER_DONE"), (.emptyEvent, DOSAI_QUIRK_EMPTY_EVENT, "EMPTY_EVENT"),
      (.lastEventOpen, DOSAI_QUIRK_LAST_EVENT_OPEN, "LAST_EVENT_OPEN"),
      (.wholeAnswer, DOSAI_QUIRK_WHOLE_ANSWER, "WHOLE_ANSWER"),
      (.choicesMissing, DOSAI_QUIRK_CHOICES_MISSING, "CHOICES_MISSING"),
      (.deltaMissing, DOSAI_QUIRK_DELTA_MISSING, "DELTA_MISSING"),
      (.choiceIndex, DOSAI_QUIRK_CHOICE_INDEX, "CHOICE_INDEX"),
      (.finishReason, DOSAI_QUIRK_FINISH_REASON, "FINISH_REASON"),
      (.usageRepeated, DOSAI_QUIRK_USAGE_REPEATED, "USAGE_REPEATED"),
      (.usageElsewhere, DOSAI_QUIRK_USAGE_ELSEWHERE, "USAGE_ELSEWHERE"),
      (.contentParts, DOSAI_QUIRK_CONTENT_PARTS, "CONTENT_PARTS"), (.created, DOSAI_QUIRK_CREATED, "CREATED"),
      (.idChanged, DOSAI_QUIRK_ID_CHANGED, "ID_CHANGED"), (.toolIndex, DOSAI_QUIRK_TOOL_INDEX, "TOOL_INDEX"),
      (.toolRepeated, DOSAI_QUIRK_TOOL_REPEATED, "TOOL_REPEATED"),
      (.argumentsObject, DOSAI_QUIRK_ARGUMENTS_OBJECT, "ARGUMENTS_OBJECT"),
      (.textRepaired, DOSAI_QUIRK_TEXT_REPAIRED, "TEXT_REPAIRED"), (.bigNumber, DOSAI_QUIRK_BIG_NUMBER, "BIG_NUMBER"),
    ]
    for (quirk, bit, name) in all {
      #expect(Int(quirk.rawValue) == bit)
      #expect(Quirks.name(quirk.rawValue).map { "\($0)" } == name)
    }
    #expect((0..<32).filter { Quirks.name(1 << UInt32($0)) != nil }.count == all.count)
  }

  /// The levels of the log and the kinds of a loop's event have no enum in the core.
  @Test func leavesNoneOut() throws {
    let header = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../include/dosai.h")
      .standardizedFileURL
    let lines = try String(contentsOf: header, encoding: .utf8).split(separator: "\n")
    let constants = lines.filter { $0.hasPrefix("  DOSAI_") && $0.contains(" = ") }
    let others = constants.filter { $0.hasPrefix("  DOSAI_LOG_") || $0.hasPrefix("  DOSAI_EVENT_") }
    #expect(constants.count - others.count == 26 + 5 + 6 + 8 + 7 + 20)
  }
}
