import DosaiCore
import Testing

/// Deltas of `tool_calls`, one event each; the chunks, the calls they add up to, and the quirks.
struct ToolCallStream: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let events: [String]
  let chunks: [String]
  let calls: String
  var quirks: Quirks = []

  static func call(_ id: String, _ name: String, _ arguments: String) -> String {
    #"{"function":{"arguments":\#(arguments),"name":"\#(name)"},"id":"\#(id)","type":"function"}"#
  }

  static let two = "[\(call("a", "f", "\"{}\"")),\(call("b", "g", "\"[]\""))]"

  static let documented = [
    ToolCallStream(
      testDescription: "one call",
      events: [
        #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
        #"{"index":0,"function":{"arguments":"{\"x\""}}"#, #"{"index":0,"function":{"arguments":":1}"}}"#,
      ], chunks: ["toolCall 0 #0 id=a name=f ''", "toolCall 0 #0 '{\"x\"'", "toolCall 0 #0 ':1}'"],
      calls: "[\(call("a", "f", #""{\"x\":1}""#))]"),
    ToolCallStream(
      testDescription: "two calls, interleaved",
      events: [
        #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
        #"{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"["}}"#,
        #"{"index":0,"function":{"arguments":"{}"}},{"index":1,"function":{"arguments":"]"}}"#,
      ],
      chunks: [
        "toolCall 0 #0 id=a name=f ''", "toolCall 0 #1 id=b name=g '['", "toolCall 0 #0 '{}'", "toolCall 0 #1 ']'",
      ], calls: two),
    ToolCallStream(
      testDescription: "out of order",
      events: [
        #"{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"[]"}}"#,
        #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}"#,
      ], chunks: ["toolCall 0 #1 id=b name=g '[]'", "toolCall 0 #0 id=a name=f '{}'"], calls: two),
    ToolCallStream(
      testDescription: "arguments that are not the function's",
      events: [
        #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"},"x":{"arguments":"y"}}"#
      ],
      chunks: ["toolCall 0 #0 id=a name=f '{}'"],
      calls: #"[{"function":{"arguments":"{}","name":"f"},"id":"a","type":"function","x":{"arguments":"y"}}]"#),
    ToolCallStream(
      testDescription: "no arguments yet",
      events: [
        #"{"index":0,"id":"a","type":"function","function":{"name":"f"}}"#,
        #"{"index":0,"function":{"arguments":null}}"#,
      ],
      chunks: ["toolCall 0 #0 id=a name=f", "toolCall 0 #0"],
      calls: #"[{"function":{"name":"f"},"id":"a","type":"function"}]"#),
  ]

  static let deviating = [
    ToolCallStream(
      testDescription: "without index, id once",
      events: [
        #"{"id":"a","type":"function","function":{"name":"f","arguments":"{"}}"#, #"{"function":{"arguments":"}"}}"#,
        #"{"id":"b","type":"function","function":{"name":"g","arguments":"["}}"#,
        #"{"index":null,"function":{"arguments":"]"}}"#,
      ],
      chunks: [
        "toolCall 0 #0 id=a name=f '{'", "toolCall 0 #0 '}'", "toolCall 0 #1 id=b name=g '['", "toolCall 0 #1 ']'",
      ], calls: two,
      quirks: .toolIndex),
    ToolCallStream(
      testDescription: "index -1, id each time",
      events: [
        #"{"index":-1,"id":"a","function":{"name":"f","arguments":"{"}}"#,
        #"{"index":-1,"id":"b","function":{"name":"g","arguments":"["}}"#,
        #"{"index":-1,"id":"a","function":{"arguments":"}"}}"#, #"{"index":-1,"id":"b","function":{"arguments":"]"}}"#,
      ],
      chunks: [
        "toolCall 0 #0 id=a name=f '{'", "toolCall 0 #1 id=b name=g '['", "toolCall 0 #0 id=a '}'",
        "toolCall 0 #1 id=b ']'",
      ],
      calls: two, quirks: [.toolIndex, .toolRepeated]),
    ToolCallStream(
      testDescription: "all at index 0 with different ids",
      events: [
        #"{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}"#, #"{"index":0,"function":{"arguments":"}"}}"#,
        #"{"index":0,"id":"b","function":{"name":"g","arguments":"["}}"#, #"{"index":0,"function":{"arguments":"]"}}"#,
      ],
      chunks: [
        "toolCall 0 #0 id=a name=f '{'", "toolCall 0 #0 '}'", "toolCall 0 #1 id=b name=g '['", "toolCall 0 #1 ']'",
      ], calls: two,
      quirks: .toolIndex),
    ToolCallStream(
      testDescription: "all at index 0, whole in one event, then a call of its own index",
      events: [
        #"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},"#
          + #"{"index":0,"id":"b","function":{"name":"g","arguments":"[]"}}"#,
        #"{"index":1,"id":"c","function":{"name":"h","arguments":"1"}}"#,
      ], chunks: ["toolCall 0 #0 id=a name=f '{}'", "toolCall 0 #1 id=b name=g '[]'", "toolCall 0 #2 id=c name=h '1'"],
      calls: "\(two.dropLast()),\(call("c", "h", "\"1\""))]", quirks: .toolIndex),
    ToolCallStream(
      testDescription: "all at index 0, back to the first id",
      events: [
        #"{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}"#,
        #"{"index":0,"id":"b","function":{"name":"g","arguments":"["}}"#,
        #"{"index":0,"id":"a","function":{"arguments":"}"}}"#, #"{"index":0,"function":{"arguments":"]"}}"#,
      ],
      chunks: [
        "toolCall 0 #0 id=a name=f '{'", "toolCall 0 #1 id=b name=g '['", "toolCall 0 #0 id=a '}'",
        "toolCall 0 #1 ']'",
      ], calls: two, quirks: [.toolIndex, .toolRepeated]),
    ToolCallStream(
      testDescription: "without index, the id behind the name",
      events: [
        #"{"function":{"name":"f","arguments":"{"}}"#, #"{"id":"a","function":{"arguments":"}"}}"#,
        #"{"id":"b","function":{"name":"g","arguments":"[]"}}"#,
      ], chunks: ["toolCall 0 #0 name=f '{'", "toolCall 0 #0 id=a '}'", "toolCall 0 #1 id=b name=g '[]'"], calls: two,
      quirks: .toolIndex),
    ToolCallStream(
      testDescription: "repeated id and name",
      events: [
        #"{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}"#,
        #"{"index":0,"id":"a","function":{"name":"f","arguments":"}"}}"#,
      ], chunks: ["toolCall 0 #0 id=a name=f '{'", "toolCall 0 #0 id=a name=f '}'"],
      calls: "[\(call("a", "f", "\"{}\""))]", quirks: .toolRepeated),
    ToolCallStream(
      testDescription: "id each time, without index",
      events: [
        #"{"id":"a","function":{"name":"f","arguments":"{"}}"#, #"{"id":"a","function":{"arguments":" "}}"#,
        #"{"id":"a","function":{"arguments":"}"}}"#,
      ], chunks: ["toolCall 0 #0 id=a name=f '{'", "toolCall 0 #0 id=a ' '", "toolCall 0 #0 id=a '}'"],
      calls: "[\(call("a", "f", "\"{ }\""))]", quirks: [.toolIndex, .toolRepeated]),
    ToolCallStream(
      testDescription: "empty id and name, before and behind",
      events: [
        #"{"index":0,"id":"","function":{"name":"","arguments":""}}"#,
        #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{"}}"#,
        #"{"index":0,"id":"","type":"","function":{"name":"","arguments":"}"}}"#,
      ], chunks: ["toolCall 0 #0 ''", "toolCall 0 #0 id=a name=f '{'", "toolCall 0 #0 '}'"],
      calls: "[\(call("a", "f", "\"{}\""))]",
      quirks: .toolRepeated),
    ToolCallStream(
      testDescription: "null id and name",
      events: [
        #"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
        #"{"index":0,"id":null,"function":{"name":null}}"#,
      ],
      chunks: ["toolCall 0 #0 id=a name=f '{}'", "toolCall 0 #0"], calls: "[\(call("a", "f", "\"{}\""))]"),
    ToolCallStream(
      testDescription: "arguments as an object",
      events: [
        #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":{ "x" : [1.50, "\u00e9"] }}}"#
      ],
      chunks: [#"toolCall 0 #0 id=a name=f '{ "x" : [1.50, "\u00e9"] }'"#],
      calls: "[\(call("a", "f", #""{ \"x\" : [1.50, \"\\u00e9\"] }""#))]", quirks: .argumentsObject),
    ToolCallStream(
      testDescription: "without index and id, told apart by name",
      events: [
        #"{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"g","arguments":"["}}"#,
        #"{"function":{"arguments":"]"}}"#,
      ],
      chunks: ["toolCall 0 #0 name=f '{}'", "toolCall 0 #1 name=g '['", "toolCall 0 #1 ']'"],
      calls:
        #"[{"function":{"arguments":"{}","name":"f"},"type":"function"},"#
        + #"{"function":{"arguments":"[]","name":"g"},"type":"function"}]"#,
      quirks: .toolIndex),
    ToolCallStream(
      testDescription: "without index and id, the same name twice in one event",
      events: [#"{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"f","arguments":"[]"}}"#],
      chunks: ["toolCall 0 #0 name=f '{}'", "toolCall 0 #1 name=f '[]'"],
      calls:
        #"[{"function":{"arguments":"{}","name":"f"},"type":"function"},"#
        + #"{"function":{"arguments":"[]","name":"f"},"type":"function"}]"#,
      quirks: .toolIndex),
    ToolCallStream(
      testDescription: "without index and id, the same name in each event",
      events: [#"{"function":{"name":"f","arguments":"{"}}"#, #"{"function":{"name":"f","arguments":"}"}}"#],
      chunks: ["toolCall 0 #0 name=f '{'", "toolCall 0 #0 name=f '}'"],
      calls: #"[{"function":{"arguments":"{}","name":"f"},"type":"function"}]"#, quirks: [.toolIndex, .toolRepeated]),
  ]
}
