import DosaiCore
import TestSupport
import Testing

/// The face decides `stream`: true on streaming calls, absent on others, all else byte for byte.
struct ChatRequestBodyTests {
  @Test(arguments: [
    ("{}", "{}", #"{"stream":true}"#),
    ("{ }", "{ }", #"{ "stream":true}"#),
    (#"{"a":1}"#, #"{"a":1}"#, #"{"a":1,"stream":true}"#),
    (
      "{ \"a\" : 1.50 ,\n\"b\":\"\\u0041\" }", "{ \"a\" : 1.50 ,\n\"b\":\"\\u0041\" }",
      "{ \"a\" : 1.50 ,\n\"b\":\"\\u0041\" ,\"stream\":true}"
    ),
    // The only member.
    (#"{"stream":true}"#, "{}", #"{"stream":true}"#),
    (#"{"stream":false}"#, "{}", #"{"stream":true}"#),
    (#"{"stream":{"stream":true}}"#, "{}", #"{"stream":true}"#),
    ("{ \"stream\" : false }", "{ }", #"{ "stream":true}"#),
    // First.
    (#"{"stream":true,"a":1}"#, #"{"a":1}"#, #"{"stream":true,"a":1}"#),
    (#"{"stream":false,"a":1}"#, #"{"a":1}"#, #"{"a":1,"stream":true}"#),
    ("{ \"stream\" : null , \"a\" : 1 }", "{ \"a\" : 1 }", "{ \"a\" : 1 ,\"stream\":true}"),
    // In the middle.
    (#"{"a":1,"stream":true,"b":2}"#, #"{"a":1,"b":2}"#, #"{"a":1,"stream":true,"b":2}"#),
    (#"{"a":1,"stream":0,"b":2}"#, #"{"a":1,"b":2}"#, #"{"a":1,"b":2,"stream":true}"#),
    ("{\"a\":1 ,\n \"stream\" : \"no\" ,\n \"b\":2}", "{\"a\":1 ,\n \"b\":2}", "{\"a\":1 ,\n \"b\":2,\"stream\":true}"),
    // Last.
    (#"{"a":1,"stream":true}"#, #"{"a":1}"#, #"{"a":1,"stream":true}"#),
    (#"{"a":1,"stream":[]}"#, #"{"a":1}"#, #"{"a":1,"stream":true}"#),
    ("{\"a\":1,\n  \"stream\": false\n}", "{\"a\":1\n}", "{\"a\":1\n,\"stream\":true}"),
    // More than once.
    (#"{"stream":true,"stream":true}"#, "{}", #"{"stream":true}"#),
    (#"{"stream":1,"a":1,"stream":true}"#, #"{"a":1}"#, #"{"a":1,"stream":true}"#),
    (#"{"a":1,"stream":1,"stream":2,"b":2}"#, #"{"a":1,"b":2}"#, #"{"a":1,"b":2,"stream":true}"#),
    (
      #"{"a":1,"stream":1,"b":2,"stream":2,"c":3,"stream":3}"#, #"{"a":1,"b":2,"c":3}"#,
      #"{"a":1,"b":2,"c":3,"stream":true}"#
    ),
    // Where it is not the key of the request.
    (#"{"a":{"stream":false}}"#, #"{"a":{"stream":false}}"#, #"{"a":{"stream":false},"stream":true}"#),
    (
      #"{"a":["stream",{"stream":1}]}"#, #"{"a":["stream",{"stream":1}]}"#,
      #"{"a":["stream",{"stream":1}],"stream":true}"#
    ),
    (
      #"{"Stream":1,"stream_options":{}}"#, #"{"Stream":1,"stream_options":{}}"#,
      #"{"Stream":1,"stream_options":{},"stream":true}"#
    ),
    (#"{"a":"\"stream\":false,"}"#, #"{"a":"\"stream\":false,"}"#, #"{"a":"\"stream\":false,","stream":true}"#),
    (#"{"stream":"}","a":"{"}"#, #"{"a":"{"}"#, #"{"a":"{","stream":true}"#),
  ])
  func writesStreamAsTheFaceDecides(json: String, unary: String, streaming: String) throws {
    let request = try ChatRequest(json)
    #expect(try request.sent(streaming: false) == unary)
    #expect(try request.sent(streaming: true) == streaming)
    #expect(request.string == json)
  }

  /// As the JSON writes it; what is no string names no model.
  @Test(
    arguments: [
      (#"{"model":"m"}"#, "m"), (#"{"model":"a\u0062"}"#, #"a\u0062"#), (#"{"model":""}"#, nil),
      (#"{"model":12345}"#, nil),
      (#"{"model":null}"#, nil), (#"{"model":["m"]}"#, nil), ("{}", nil),
    ] as [(String, String?)])
  func namesTheModel(json: String, expected: String?) throws {
    #expect(try ChatRequest(json).model()?.string == expected)
  }

  /// Each number of members with `stream` at each place, with each blank between: the rest keeps its order and bytes.
  @Test(arguments: ["", " ", "\n\t"])
  func findsStreamAtEachPlace(blank: String) throws {
    for count in 0..<4 {
      let others = (0..<count).map { "\"k\($0)\":\(blank)[\($0),\"stream\"]" }
      for place in 0...count {
        for value in ["true", "false", "{\"stream\":[true]}"] {
          var members = others
          members.insert("\"stream\"\(blank):\(blank)\(value)", at: place)
          let request = try ChatRequest("{" + members.map { blank + $0 + blank }.joined(separator: ",") + "}")
          let unary = try request.sent(streaming: false)
          let streaming = try request.sent(streaming: true)
          func bare(_ text: String) -> String { text.filter { !$0.isWhitespace } }
          let rest = others.map(bare).joined(separator: ",")
          #expect(bare(unary) == "{\(rest)}", "\(request.string)")
          let isKept = value == "true"
          let added = (isKept ? members.map(bare) : others.map(bare) + ["\"stream\":true"]).joined(separator: ",")
          #expect(bare(streaming) == "{\(added)}", "\(request.string)")
          for text in [unary, streaming] {
            #expect(status { try text.lent { _ = try JSONScanner.check($0) } } == .ok, "\(text)")
          }
        }
      }
    }
  }

  /// What the setters build is sent byte for byte.
  @Test func sendsWhatWasBuilt() throws {
    let request = try ChatRequest(model: literal("m"))
    try request.addMessage(role: literal("user"), content: literal("Hi"))
    try request.set("stream", json: "true")
    try request.set("stream_options", json: #"{"include_usage":true}"#)
    let built =
      #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"#
      + #""stream_options":{"include_usage":true}}"#
    #expect(request.string == built)
    #expect(try request.sent(streaming: true) == built)
    #expect(try request.sent(streaming: false) == built.replacing(#""stream":true,"#, with: ""))
  }

  @Test(arguments: [
    (" {\"a\":1} \n", " {\"a\":1} \n", " {\"a\":1,\"stream\":true} \n"),
    ("\t{\"stream\":0,\"a\":1}\r\n", "\t{\"a\":1}\r\n", "\t{\"a\":1,\"stream\":true}\r\n"),
    ("\n{ \"stream\":0}\n", "\n{}\n", "\n{\"stream\":true}\n"), (" {} ", " {} ", " {\"stream\":true} "),
    (" {\"stream\":true} ", " {} ", " {\"stream\":true} "),
  ])
  func keepsBlanksAroundTheObject(json: String, unary: String, streaming: String) throws {
    let request = try ChatRequest(json)
    #expect(try request.sent(streaming: false) == unary)
    #expect(try request.sent(streaming: true) == streaming)
  }
}
