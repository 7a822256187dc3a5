import DosaiCore
import TestSupport
import Testing

extension ChatRequest {
  convenience init(_ json: String) throws {
    let copy = try Buffer(json)
    try self.init(json: copy.bytes)
  }

  var string: String { bytes.string }

  func sent(streaming: Bool) throws -> String { try body(streaming: streaming).string }

  func set(_ key: String, text: String) throws { try key.lent { key in try text.lent { try set(key, text: $0) } } }
  func set(_ key: String, json: String) throws { try key.lent { key in try json.lent { try set(key, json: $0) } } }
  func set(_ key: String, number: Double) throws {
    try key.lent { key in try "\(number)".lent { try set(key, number: number, written: $0) } }
  }
  func set(_ key: String, integer: Int64) throws { try key.lent { try set($0, integer: integer) } }
  func addStop(_ text: String) throws { try text.lent { try addStop($0) } }
  func addMessage(_ json: String) throws { try json.lent { try addMessage(json: $0) } }

  func setMessageText(_ key: String, _ text: String) throws {
    try key.lent { key in try text.lent { try setMessageText(key, $0) } }
  }
}

struct ChatRequestTests {
  @Test func beginsWithAModelAndNoMessages() throws {
    let request = try "a \"model\"\n".lent { try ChatRequest(model: $0) }
    #expect(request.string == #"{"model":"a \"model\"\n","messages":[]}"#)
    #expect(complaint { _ = try ChatRequest(model: .empty) } == "model: must not be empty")
    #expect(complaint { _ = try [0xFF].lent { try ChatRequest(model: $0) } } == "model: is not UTF-8")
  }

  @Test(arguments: [
    "{}", " { } ", "{\"n\":1e2,\"a\\u0062\":[ ]}\n", "{\"stream\":true}", "{\"a\":1,\"a\":2}", "{\"a\":\"\\ud83d\"}",
  ])
  func keepsAnObjectAsItIs(json: String) throws {
    let request = try ChatRequest(json)
    #expect(request.string == json)
    #expect(try ChatRequest(copying: request).string == json)
  }

  @Test(arguments: [
    ("", "json: is not JSON"), ("{", "json: is not JSON"), ("{}{}", "json: is not JSON"),
    ("[]", "json: must be an object"),
    ("\"a\"", "json: must be an object"), ("null", "json: must be an object"), ("\u{FEFF}{}", "json: is not JSON"),
    ("{\"a\":" + "[".times(512) + "]".times(512) + "}", "json: is nested too deeply"),
  ])
  func refusesAllElse(json: String, why: String) {
    #expect(complaint { _ = try ChatRequest(json) } == why)
    #expect(status { _ = try ChatRequest(json) } == .invalidArgument)
  }

  /// What a request writes can be read again: what is put into it counts from where it is put.
  @Test func boundsTheDepthOfTheWhole() throws {
    func nested(_ depth: Int) -> String { "{\"a\":".times(depth - 1) + "{}" + "}".times(depth - 1) }
    let request = try ChatRequest(model: literal("m"))
    try request.set("a", json: nested(511))
    try request.addMessage(nested(510))
    try nested(508).lent { try request.addTool(name: literal("f"), description: nil, parameters: $0) }
    let before = request.string
    #expect(try ChatRequest(before).string == before)
    #expect(complaint { try request.set("b", json: nested(512)) } == "json: is nested too deeply")
    #expect(complaint { try request.addMessage(nested(511)) } == "json: is nested too deeply")
    let why = complaint {
      try nested(509).lent { try request.addTool(name: literal("f"), description: nil, parameters: $0) }
    }
    #expect(why == "json: is nested too deeply")
    #expect(request.string == before)
  }

  @Test func copiesForItself() throws {
    let request = try ChatRequest("{}")
    let copy = try ChatRequest(copying: request)
    try copy.set("a", integer: 1)
    #expect(request.string == "{}")
    #expect(copy.string == #"{"a":1}"#)
  }

  @Test func addsMessagesInOrder() throws {
    let request = try ChatRequest(model: literal("m"))
    try request.addMessage(role: literal("system"), content: literal("Say \"hi\""))
    try request.addMessage(" {\"role\":\"user\", \"content\":[ ]}\n")
    try request.addToolResult(id: literal("call_1"), content: literal("21\u{B0}\n"))
    #expect(
      request.string
        == #"{"model":"m","messages":[{"role":"system","content":"Say \"hi\""},{"role":"user", "content":[ ]},"#
        + #"{"role":"tool","tool_call_id":"call_1","content":"21"# + "\u{B0}" + #"\n"}]}"#)
  }

  @Test(arguments: [
    ("{}", #"{"messages":[{"a":1}]}"#), ("{ }", #"{ "messages":[{"a":1}]}"#),
    (#"{"messages":[ ]}"#, #"{"messages":[ {"a":1}]}"#),
    (#"{"messages" : [ {} ] , "x":2}"#, #"{"messages" : [ {} ,{"a":1}] , "x":2}"#),
    (#"{"messages":[],"messages":[1]}"#, #"{"messages":[],"messages":[1,{"a":1}]}"#),
    (#"{"x":{"messages":[]}}"#, #"{"x":{"messages":[]},"messages":[{"a":1}]}"#),
    ("\n{\"x\":1\n}\n", "\n{\"x\":1\n,\"messages\":[{\"a\":1}]}\n"),
  ])
  func addsAMessageToAnyText(json: String, expected: String) throws {
    let request = try ChatRequest(json)
    try request.addMessage(#"{"a":1}"#)
    #expect(request.string == expected)
  }

  /// Some servers call tools without one.
  @Test func addsAToolResultWithoutAnID() throws {
    let request = try ChatRequest("{}")
    try request.addToolResult(id: .empty, content: literal("x"))
    #expect(request.string == #"{"messages":[{"role":"tool","tool_call_id":"","content":"x"}]}"#)
  }

  @Test func refusesWhatIsNoMessage() throws {
    let request = try ChatRequest("{}")
    #expect(complaint { try request.addMessage("[1]") } == "json: a message must be an object")
    #expect(complaint { try request.addMessage("{") } == "json: is not JSON")
    #expect(complaint { try request.addMessage(role: .empty, content: .empty) } == "role: must not be empty")
    #expect(complaint { try request.setMessageText("name", "x") } == "request: has no message to set a field of")
    [0xC0].lent { bad in
      #expect(complaint { try request.addMessage(role: bad, content: .empty) } == "role: is not UTF-8")
      #expect(complaint { try request.addMessage(role: literal("user"), content: bad) } == "content: is not UTF-8")
      #expect(complaint { try request.addMessage(json: bad) } == "json: is not UTF-8")
    }
    #expect(request.string == "{}")
    let odd = try ChatRequest(#"{"messages":"none"}"#)
    #expect(complaint { try odd.addMessage("{}") } == "messages is not a list in this request")
    #expect(odd.string == #"{"messages":"none"}"#)
  }

  @Test(arguments: [
    (#"{"messages":[{"role":"user"}]}"#, #"{"messages":[{"role":"user","name":"Ada"}]}"#),
    (#"{"messages":[{},{ }],"x":1}"#, #"{"messages":[{},{ "name":"Ada"}],"x":1}"#),
    (#"{"messages":[{"name":"Bob","n":{"name":1}}]}"#, #"{"messages":[{"name":"Ada","n":{"name":1}}]}"#),
  ])
  func setsAFieldOfTheLastMessage(json: String, expected: String) throws {
    let request = try ChatRequest(json)
    try request.setMessageText("name", "Ada")
    #expect(request.string == expected)
  }

  @Test(arguments: [#"{"messages":[]}"#, #"{"messages":[1]}"#, #"{"messages":{}}"#, #"{"messages":null}"#])
  func needsAMessageForThat(json: String) throws {
    let request = try ChatRequest(json)
    #expect(complaint { try request.setMessageText("name", "x") } == "request: has no message to set a field of")
    #expect(request.string == json)
  }

  @Test func addsTools() throws {
    let request = try ChatRequest("{}")
    try request.addTool(name: literal("now"), description: nil, parameters: nil)
    try request.addTool(
      name: literal("add"), description: literal("a\tb"), parameters: literal(" {\"type\":\"object\"} "))
    try request.setToolChoice(function: literal("add"))
    #expect(
      request.string
        == #"{"tools":[{"type":"function","function":{"name":"now"}},{"type":"function","function":{"name":"add","#
        + #""description":"a\tb","parameters":{"type":"object"}}}],"#
        + #""tool_choice":{"type":"function","function":{"name":"add"}}}"#)
    let before = request.string
    #expect(
      complaint { try request.addTool(name: .empty, description: nil, parameters: nil) } == "name: must not be empty")
    #expect(
      complaint { try request.addTool(name: literal("x"), description: nil, parameters: literal("[]")) }
        == "parameters_json: must be an object, a JSON schema")
    #expect(complaint { try request.setToolChoice(function: .empty) } == "function_name: must not be empty")
    #expect(request.string == before)
  }
}
