import DosaiCore
import DosaiJSON
import TestSupport
import Testing

/// docs/design.md, 7: the server's own message, in whichever form.
struct ServerErrorTests {
  static func read(_ body: String) throws -> [String?] {
    let document = try Document.read(body)
    let server = try ServerError(document.root)
    return [server.message, server.code, server.type, server.param].map { $0?.string }
  }

  @Test(
    arguments: [
      (
        #"{"error":{"message":"No model","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#,
        ["No model", "model_not_found", "invalid_request_error", "model"]
      ), (#"{"error":{"message":"Oops","type":null,"param":null,"code":500}}"#, ["Oops", "500", nil, nil]),
      (#"{"error":"out of cheese"}"#, ["out of cheese", nil, nil, nil]),
      (#"{"error":"out of cheese","code":"E7"}"#, ["out of cheese", "E7", nil, nil]),
      (#"{"message":"flat","code":"c","type":"t","param":"p"}"#, ["flat", "c", "t", "p"]),
      (#"{"message":"flat","error":"also"}"#, ["flat", nil, nil, nil]),
      (#"{"error":null,"message":"flat"}"#, ["flat", nil, nil, nil]),
      (#"{"detail":"Not Found"}"#, ["Not Found", nil, nil, nil]),
      (
        #"{"detail":[{"loc":["body","model"],"msg":"field required"}]}"#,
        [#"[{"loc":["body","model"],"msg":"field required"}]"#, nil, nil, nil]
      ),
      (#"{"message":{"detail":[1, 2]},"type":"error"}"#, [#"{"detail":[1, 2]}"#, nil, "error", nil]),
      (
        #"{"choices":[{"finish_reason":"error","error":{"message":"in a choice","code":502}}]}"#,
        ["in a choice", "502", nil, nil]
      ),
      (#"{"error":{"message":{"a":1}}}"#, [#"{"a":1}"#, nil, nil, nil]),
      (#"{"error":{"detail":"inner"}}"#, ["inner", nil, nil, nil]),
      (#"[{"error":{"message":"in a list","code":429,"status":"X"}}]"#, ["in a list", "429", nil, nil]),
      (#"[{"error":"first"},{"error":"second"}]"#, ["first", nil, nil, nil]), ("[]", [nil, nil, nil, nil]),
      ("\"only text\"", ["only text", nil, nil, nil]), ("{}", [nil, nil, nil, nil]), ("null", [nil, nil, nil, nil]),
      ("42", [nil, nil, nil, nil]), (#"{"error":{}}"#, [nil, nil, nil, nil]),
      (#"{"error":true}"#, [nil, nil, nil, nil]),
      (#"{"error":{"code":true,"type":[1],"param":1.50}}"#, [nil, "true", "[1]", "1.50"]),
      (#"{"error":{"message":" two\nlines\r\n\t\u0000end\u007f "}}"#, ["two lines    end ", nil, nil, nil]),
      (#"{"error":{"message":"a\u009b31m\u0080\u00a0\u00c2b\u0085"}}"#, ["a  31m  \u{A0}\u{C2}b  ", nil, nil, nil]),
      (#"{"error":{"message":""}}"#, ["", nil, nil, nil]),
    ] as [(String, [String?])])
  func readsEachForm(body: String, expected: [String?]) throws {
    #expect(try Self.read(body) == expected)
  }

  @Test func givesUTF8AlsoWhereItCuts() throws {
    let long = "x" + String(repeating: "\u{E9}", count: 2000)
    let document = try Document.read(#"{"error":{"message":"\#(long)","type":"\#(long)"}}"#)
    let server = try ServerError(document.root)
    #expect(try [UInt8](#require(server.message).bytes) == [UInt8]("\(long.prefix(1024))\u{FFFD}".utf8))
    #expect(try [UInt8](#require(server.type).bytes) == [UInt8]("\(long.prefix(512))\u{FFFD}".utf8))
  }

  @Test(arguments: [
    (#"{"error":{"message":"x"}}"#, true), (#"{"error":{}}"#, true), (#"{"error":"x"}"#, true),
    (#"[{"error":{"message":"x"}}]"#, true),
    (#"[{},{"error":"x"}]"#, true), (#"{"error":null}"#, false), (#"{"error":""}"#, false),
    (#"{"error":false}"#, false), ("{}", false),
    ("[]", false), (#"{"choices":[{"error":"x"}]}"#, false), ("\"error\"", false), ("null", false),
    (#"{"message":"x"}"#, false), (#"{"message":{"a":1}}"#, true), (#"{"detail":"x"}"#, true),
    (#"{"detail":[{"msg":"x"}]}"#, true), (#"{"detail":null}"#, false), (#"{"object":"error","message":"x"}"#, true),
    (#"{"error":null,"choices":[]}"#, false), (#"{"choices":[],"detail":"x","message":{}}"#, false),
    (#"{"choices":[{"finish_reason":"stop"},{"finish_reason":"error","error":{"message":"x"}}]}"#, true),
    (#"{"choices":[{"error":{"message":"x"}}]}"#, true), (#"{"choices":[{"error":null}]}"#, false),
    (#"[[{"error":"x"}]]"#, false), (#"{"message":"x","type":"server_error","code":500}"#, true),
    (#"{"type":"error","message":"x"}"#, true), (#"{"message":"x","type":"status","code":null}"#, false),
    (#"{"message":"","code":500}"#, false), (#"{"message":"x","code":500,"choices":[]}"#, false),
    (#"{"message":"x","code":500,"usage":{"total_tokens":1}}"#, false),
  ])
  func knowsAnErrorAmongAnswers(body: String, expected: Bool) throws {
    let document = try Document.read(body)
    #expect(ServerError.isError(document.root, isChat: true) == expected)
  }

  /// A message or a detail is part of good answers there, and what has an object may have had an error.
  @Test(arguments: [
    (#"{"error":{"message":"x"}}"#, true), (#"{"error":{"code":1}}"#, true), (#"{"error":{"type":"x"}}"#, true),
    (#"{"error":"x"}"#, true), (#"{"object":null,"error":"x"}"#, true), (#"{"object":"error","message":"x"}"#, true),
    (#"[{"error":"x"}]"#, false), (#"{"error":{}}"#, false), (#"{"error":""}"#, false), (#"{"error":null}"#, false),
    (#"{"model":"m","message":{"role":"assistant","content":"Hello!"},"done":true}"#, false),
    (#"{"id":"x","detail":"high"}"#, false), (#"[{"id":1,"detail":"d"}]"#, false),
    (#"{"object":"fine_tuning.job","error":{"code":null,"message":null,"param":null}}"#, false),
    (#"{"error":{"code":null,"message":null,"param":null}}"#, false),
    (#"{"object":"response","status":"failed","error":{"code":"server_error","message":"x"}}"#, false),
    (#"{"type":"error","message":"x"}"#, false), (#"{"choices":[{"error":{"message":"x"}}]}"#, false),
  ])
  func knowsAnErrorOfAnotherEndpoint(body: String, expected: Bool) throws {
    let document = try Document.read(body)
    #expect(ServerError.isError(document.root, isChat: false) == expected)
  }

  @Test func boundsWhatItKeeps() throws {
    let long = String(repeating: "x", count: 5000)
    let read = try Self.read(#"{"error":{"message":"\#(long)","code":"\#(long)"}}"#)
    #expect(read[0]?.count == 2048)
    #expect(read[1]?.count == 1024)
    let cut = try Self.read(#"{"message":"\#(String(repeating: "x", count: 2047))\u00e9"}"#)
    #expect(cut[0]?.hasSuffix("x\u{FFFD}") == true)
  }

  @Test func redactsTheKeyThatIsEchoed() throws {
    let document = try Document.read(
      #"{"error":{"message":"bad key sk-123456","code":"sk-123456","type":"sk-123456x","param":"k"}}"#)
    let server = try ServerError(document.root)
    server.redact(try Secret(literal("sk-123456")))
    #expect(server.message?.string == "bad key *********")
    #expect(server.code?.string == "*********")
    #expect(server.type?.string == "*********x")
    #expect(server.param?.string == "k")
  }

  @Test(
    arguments: [
      (301, "{}", .redirected), (399, "{}", .redirected), (400, "{}", .badRequest), (401, "{}", .authentication),
      (402, "{}", .insufficientCredits), (403, "{}", .permission), (404, "{}", .notFound), (408, "{}", .server),
      (409, "{}", .badRequest),
      (413, "{}", .badRequest), (418, "{}", .badRequest), (422, "{}", .badRequest), (429, "{}", .rateLimited),
      (429, #"{"error":{"code":"insufficient_quota"}}"#, .insufficientCredits),
      (429, #"{"error":{"type":"insufficient_quota"}}"#, .insufficientCredits),
      (429, #"{"error":{"code":"rate_limit"}}"#, .rateLimited),
      (400, #"{"error":{"code":"insufficient_quota"}}"#, .badRequest),
      (500, "{}", .server), (502, "{}", .server), (503, "{}", .unavailable), (504, "{}", .server),
      (529, "{}", .unavailable),
      (599, "{}", .server), (0, "{}", .server), (999, "{}", .server),
    ] as [(Int32, String, Status)])
  func makesAStatusOfAnHTTPError(httpStatus: Int32, body: String, expected: Status) throws {
    let document = try Document.read(body)
    #expect(Status(httpStatus: httpStatus, try ServerError(document.root)) == expected)
  }

  @Test func explainsEachStatusOfTheServer() {
    let all = [
      Status.redirected, .badRequest, .authentication, .insufficientCredits, .permission, .notFound, .rateLimited,
      .unavailable, .provider,
      .server,
    ]
    #expect(Set(all.map { "\($0.explanation)" }).count == all.count)
  }
}
