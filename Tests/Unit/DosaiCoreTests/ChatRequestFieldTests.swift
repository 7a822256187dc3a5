import DosaiCore
import TestSupport
import Testing

/// Setting fields by their key.
struct ChatRequestFieldTests {
  @Test(arguments: [
    ("{}", #"{"seed":7}"#), ("{ \n}", "{ \n\"seed\":7}"), (#"{"a":1}"#, #"{"a":1,"seed":7}"#),
    ("{\"a\":1 }\n", "{\"a\":1 ,\"seed\":7}\n"),
    (#"{"seed":1}"#, #"{"seed":7}"#), (#"{ "seed" : {"seed":2} , "b":3}"#, #"{ "seed" : 7 , "b":3}"#),
    (#"{"a":{"seed":1}}"#, #"{"a":{"seed":1},"seed":7}"#),
    (#"{"seed":1,"b":[],"seed":[2]}"#, #"{"seed":1,"b":[],"seed":7}"#),
    (#"{"b":"seed","c":["seed"]}"#, #"{"b":"seed","c":["seed"],"seed":7}"#), (#"{"seed":"a,\"}"}"#, #"{"seed":7}"#),
  ])
  func splicesAValue(json: String, expected: String) throws {
    let request = try ChatRequest(json)
    try request.set("seed", json: " 7\n")
    #expect(request.string == expected)
    try request.set("seed", json: "7")
    #expect(request.string == expected)
  }

  @Test func setsEachKindOfValue() throws {
    let request = try ChatRequest("{}")
    try request.set("user", text: "Zo\u{EB} \"z\"\0")
    try request.set("temperature", number: 0.7)
    try request.set("max_tokens", integer: 256)
    try request.set("response_format", json: #"{ "type": "json_object" }"#)
    let user = "Zo\u{EB}" + #" \"z\"\u0000"#
    let rest = #","temperature":0.7,"max_tokens":256,"response_format":{ "type": "json_object" }}"#
    #expect(request.string == #"{"user":""# + user + "\"" + rest)
    try request.set("user", text: "")
    #expect(request.string == #"{"user":"""# + rest)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func refusesWhatIsNoNumber(number: Double) throws {
    let request = try ChatRequest("{}")
    #expect(complaint { try request.set("x", number: number) } == "x must be a finite number")
    #expect(request.string == "{}")
  }

  @Test(arguments: [Int64.min, -1, 0, .max])
  func writesIntegers(integer: Int64) throws {
    let request = try ChatRequest("{}")
    try request.set("seed", integer: integer)
    #expect(request.string == "{\"seed\":\(integer)}")
  }

  @Test func escapesAKeyAndFindsItAgain() throws {
    let request = try ChatRequest("{}")
    for text in ["one", "two"] { try request.set("a\"\n\\", text: text) }
    #expect(request.string == #"{"a\"\n\\":"two"}"#)
  }

  @Test func refusesBadKeysAndValues() throws {
    let request = try ChatRequest("{}")
    #expect(complaint { try request.set("", text: "x") } == "key: must not be empty")
    #expect(complaint { try request.set("", json: "1") } == "key: must not be empty")
    let chat = try ChatRequest(#"{"messages":[{"role":"user"}]}"#)
    #expect(complaint { try chat.setMessageText(.empty, literal("x")) } == "key: must not be empty")
    #expect(complaint { try request.set("a", json: "") } == "json: is not JSON")
    #expect(complaint { try request.set("a", json: "1,\"b\":2") } == "json: is not JSON")
    [0x61, 0x80].lent { bad in
      #expect(complaint { try request.set(bad, integer: 1) } == "key: is not UTF-8")
      #expect(complaint { try request.set(literal("a"), text: bad) } == "text: is not UTF-8")
      #expect(complaint { try request.set(literal("a"), json: bad) } == "json: is not UTF-8")
    }
    #expect(request.string == "{}")
  }

  @Test(arguments: [
    ("{}", #"{"stop":["x"]}"#), (#"{"stop":"a"}"#, #"{"stop":["a","x"]}"#),
    (#"{"stop": ["a", "b"] }"#, #"{"stop": ["a", "b","x"] }"#),
    (#"{"stop":[]}"#, #"{"stop":["x"]}"#), (#"{"stop":["a","b","c"],"n":1}"#, #"{"stop":["a","b","c","x"],"n":1}"#),
  ])
  func addsAStop(json: String, expected: String) throws {
    let request = try ChatRequest(json)
    try request.addStop("x")
    #expect(request.string == expected)
  }

  @Test func addsFourStopsAtMost() throws {
    let request = try ChatRequest("{}")
    for text in ["1", "2", "3", "4"] { try request.addStop(text) }
    #expect(complaint { try request.addStop("5") } == "stop: there can be 4 texts at most")
    #expect(request.string == #"{"stop":["1","2","3","4"]}"#)
    let odd = try ChatRequest(#"{"stop":null}"#)
    #expect(complaint { try odd.addStop("x") } == "stop is not a list in this request")
    #expect(odd.string == #"{"stop":null}"#)
  }
}
