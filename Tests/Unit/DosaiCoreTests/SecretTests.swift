import DosaiCore
import TestSupport
import Testing

struct SecretTests {
  @Test(arguments: [
    ("key sk-1234567890 end", "key ************* end"), ("sk-1234567890", "*************"),
    ("sk-1234567890sk-1234567890", "**************************"), ("sk-123456789", "sk-123456789"),
    ("xsk-1234567890x", "x*************x"), ("sk-sk-1234567890", "sk-*************"), ("", ""),
    ("a\0sk-1234567890\0b", "a\0*************\0b"),
  ])
  func redactsTheKey(text: String, gives expected: String) throws {
    let secret = try "sk-1234567890".lent { try Secret($0) }
    for isAnswer in [false, true] {
      let buffer = try Buffer(text)
      secret.redact(buffer, isAnswer: isAnswer)
      #expect(buffer.string == expected)
    }
  }

  /// Words that are given as keys to servers that want none are no secrets.
  @Test(arguments: [
    ("", "answer", "answer"), ("key", "key", "key"), ("test", "****", "test"), ("ollama", "******", "ollama"),
    ("elevenchars", "***********", "elevenchars"), ("twelve-chars", "************", "************"),
  ])
  func leavesShortKeysInAnswers(key: String, elsewhere: String, inAnswer: String) throws {
    let secret = try key.lent { try Secret($0) }
    #expect(secret.bytes.string == key)
    for (isAnswer, expected) in [(false, elsewhere), (true, inAnswer)] {
      let buffer = try Buffer(key.isEmpty ? "answer" : key)
      secret.redact(buffer, isAnswer: isAnswer)
      #expect(buffer.string == expected)
    }
  }

  /// Where it has no character of which the escape is not its number, other escapes are passed over.
  @Test(arguments: [
    (#"\n\"\\/\t sk-\u00312345\u003678\u0039\u0030\n"#, #"\n\"\\/\t "# + String(repeating: "*", count: 33) + #"\n"#),
    (#"\n\\u0073k-1234567890"#, #"\n\\u0073k-1234567890"#), (#"\n\"#, #"\n\"#),
    (#"\\\u0073k-1234567890"#, #"\\"# + String(repeating: "*", count: 18)),
  ])
  func redactsTheKeyAmongOtherEscapes(text: String, gives expected: String) throws {
    let secret = try "sk-1234567890".lent { try Secret($0) }
    let buffer = try Buffer(text)
    secret.redact(buffer, isAnswer: true)
    #expect(buffer.string == expected)
  }

  @Test(arguments: [(#"sk-123456789\/"#, "**************"), (#"sk-123456789\"#, #"sk-123456789\"#)])
  func redactsAKeyThatEndsInAnEscape(text: String, gives expected: String) throws {
    let secret = try "sk-123456789/".lent { try Secret($0) }
    let buffer = try Buffer(text)
    secret.redact(buffer, isAnswer: true)
    #expect(buffer.string == expected)
  }

  /// JSON may write any character of it as an escape.
  @Test(arguments: [
    (#"a\u0073k-12/4567890b"#, "a******************b"), (#"sk\u002D12\/4567890"#, "*******************"),
    (#"sk-12\/456789\u0030"#, "*******************"),
    (#"\u0073\u006B\u002d\u0031\u0032\u002f\u0034\u0035\u0036\u0037\u0038\u0039\u0030"#, nil),
    (#"sk-sk-12\/4567890"#, "sk-**************"), (#"\\u0073k-12/4567890"#, #"\\u0073k-12/4567890"#),
    (#"sk-12\/45678"#, #"sk-12\/45678"#), (#"\n\u00"#, #"\n\u00"#), (#"\"#, #"\"#),
    (#"sk-12\/4567890 sk-12\/4567890"#, "************** **************"),
    (#"sk-12\/4567890 sk-12/4567890"#, "************** *************"),
  ])
  func redactsTheKeyBehindEscapes(text: String, gives expected: String?) throws {
    let secret = try "sk-12/4567890".lent { try Secret($0) }
    for isAnswer in [false, true] {
      let buffer = try Buffer(text)
      secret.redact(buffer, isAnswer: isAnswer)
      #expect(buffer.string == expected ?? String(repeating: "*", count: text.utf8.count))
    }
  }
}
