import DosaiCore
import TestSupport
import Testing

struct ResponseHeadersTests {
  /// Of a head whose status line may be left out.
  static func headers(_ lines: [String]) throws -> ResponseHeaders {
    let headers = ResponseHeaders()
    let status = lines.first?.hasPrefix("HTTP/") == true ? [] : ["HTTP/1.1 200 OK"]
    for line in status + lines { try line.lent { try headers.add(line: $0) } }
    return headers
  }

  @Test(
    arguments: [
      ("HTTP/1.1 200 OK\r\n", 200), ("HTTP/2 429\r\n", 429), ("HTTP/1.1 503", 503), ("HTTP/1.1", 0),
      ("HTTP/1.1 2x0 no", 0),
      ("HTTP/1.1  200", 0), ("HTTP/1.1 -20", 0),
    ] as [(String, Int32)])
  func readsTheStatusLine(line: String, expected: Int32) throws {
    let headers = try Self.headers([line])
    #expect(headers.httpStatus == expected)
  }

  @Test func findsAValueByItsNameInAnyCase() throws {
    let headers = try Self.headers([
      "HTTP/1.1 200 OK\r\n", "Content-Type:text/event-stream \r\n", "X-Empty:\r\n", "x-twice: one\r\n",
      "X-Twice: two\r\n",
      "no colon\r\n", ": no name\r\n", "X-Bad: \u{7F}a\r\n", "\r\n",
    ])
    #expect(headers.value("CONTENT-type")?.string == "text/event-stream")
    #expect(headers.value("x-empty")?.string == "")
    #expect(headers.value("x-twice")?.string == "one")
    #expect(headers.value("x-none") == nil)
    #expect(headers.value("") == nil)
    let value = try #require(headers.value("x-twice"))
    #expect(value.baseAddress?[value.count] == 0)
  }

  @Test func dropsWhatIsNotForErrors() throws {
    let headers = try Self.headers(["HTTP/1.1 200 OK", "Set-Cookie: session=1", "X-Nul: a\0b", "X-Latin: caf\u{E9}"])
    #expect(headers.value("set-cookie") == nil)
    #expect(headers.value("x-nul") == nil)
    let broken = try Self.headers([])
    try ([UInt8]("x-latin: caf".utf8) + [0xE9]).lent { try broken.add(line: $0) }
    #expect(broken.value("x-latin")?.string == "caf\u{FFFD}")
  }

  @Test func beginsAnewWithEachAnswer() throws {
    let headers = try Self.headers(["HTTP/1.1 100 Continue", "x-old: 1", "\r\n", "HTTP/1.1 200 OK", "x-new: 1"])
    #expect(headers.httpStatus == 200)
    #expect(headers.value("x-old") == nil)
    #expect(headers.value("x-new")?.string == "1")
  }

  @Test(arguments: [
    (["request-id: c"], "c"), (["request-id: c", "apim-request-id: b"], "b"),
    (["request-id: c", "apim-request-id: b", "X-Request-Id: a"], "a"), ([], nil),
  ])
  func knowsTheRequestID(lines: [String], expected: String?) throws {
    let headers = try Self.headers(lines)
    #expect(headers.requestID?.string == expected)
  }

  @Test func takesNoOtherLineForAStatus() throws {
    let headers = try Self.headers(["HTTP/1.1 200 OK\r\n", "HTTP/2: 5\r\n", "HTTP/1.1 500 x: y\r\n", "x-a: b\r\n"])
    #expect(headers.httpStatus == 200 && !headers.isOver)
    #expect(headers.value("http/2")?.string == "5" && headers.value("x-a")?.string == "b")
  }

  @Test(arguments: [
    (["x-a: one\r\n", " two\r\n"], "one two"), (["x-a: one \n", "\t two \n", " three\n"], "one two three"),
    (["x-a:\r\n", " two\r\n"], "two"), (["x-a: one\r\n", " \t\r\n"], "one"),
    (["x-a: one\r\n", " HTTP/1.1 500\r\n"], "one HTTP/1.1 500"),
    (["x-a: one\r\n", "set-cookie: a\r\n", " two\r\n"], "one"), (["x-a: one\r\n", "no colon\r\n", " two\r\n"], "one"),
    ([" x-a: one\r\n"], nil),
  ])
  func joinsFoldedLines(lines: [String], expected: String?) throws {
    let headers = try Self.headers(lines)
    #expect(headers.value("x-a")?.string == expected)
  }

  @Test func redactsTheKeyEverywhere() throws {
    let headers = try Self.headers(["x-echo: Bearer sk-123456", "sk-123456: x"])
    headers.redact(try "sk-123456".lent { try Secret($0) })
    #expect(headers.value("x-echo")?.string == "Bearer *********")
    #expect(headers.value("sk-123456") == nil)
  }
}
