import DosaiCore
import TestSupport
import Testing

struct HeaderFieldTests {
  @Test(arguments: [
    ("X-Name: value", "X-Name", "value"), ("x:y", "x", "y"), ("x:", "x", ""), ("x:   ", "x", ""),
    ("x:  a: b  ", "x", "a: b"),
    ("!#$%&'*+-.^_`|~09azAZ: ~", "!#$%&'*+-.^_`|~09azAZ", "~"),
    ("Authorization: Bearer k", "Authorization", "Bearer k"),
    ("Content-Type: application/json", "Content-Type", "application/json"),
  ])
  func takesALine(line: String, name: String, value: String) throws {
    let field = try line.lent { try HeaderField.parse($0) }
    #expect(field.name.string == name)
    #expect(field.value.string == value)
  }

  @Test(arguments: [
    ("", "headers: each must be \"Name: value\""), ("name", "headers: each must be \"Name: value\""),
    (": value", "headers: each must be \"Name: value\""),
    ("a b: c", "headers: a name has a character that names cannot have"),
    ("a : c", "headers: a name has a character that names cannot have"),
    (" a: c", "headers: a name has a character that names cannot have"),
    ("a(b): c", "headers: a name has a character that names cannot have"),
    ("a/b: c", "headers: a name has a character that names cannot have"),
    ("\"a\": c", "headers: a name has a character that names cannot have"),
    ("\u{E9}: c", "headers: a name has a character that names cannot have"),
    ("a\r\nb: c", "headers: a name has a character that names cannot have"),
  ])
  func refusesWhatIsNoHeader(line: String, why: String) {
    #expect(complaint { _ = try line.lent { try HeaderField.parse($0) } } == why)
  }

  @Test func refusesEveryByteThatNoValueHas() {
    for byte in UInt8.min...UInt8.max {
      for line in [[0x61, 0x3A, 0x62, byte], [0x61, 0x3A, byte, 0x62], [0x61, 0x3A, byte]] as [[UInt8]] {
        let refused = status { _ = try line.lent { try HeaderField.parse($0) } } == .invalidArgument
        #expect(refused == (byte < 0x20 || byte > 0x7E), "\(line)")
      }
      let message = complaint { try [byte].lent { try HeaderField.check($0, "key: no") } }
      #expect(message == (byte < 0x20 || byte > 0x7E ? "key: no" : nil))
    }
  }

  @Test func knowsTheBytesOfAName() {
    let allowed = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in UInt8.min...UInt8.max { #expect(HeaderField.isNameByte(byte) == allowed.contains(byte), "\(byte)") }
  }

  @Test(arguments: [
    "Content-Length", "transfer-encoding", "CONNECTION", "Expect", "upgrade", "Trailer", "TE", "Proxy-Authorization",
    "Keep-Alive", "Proxy-Connection", "HTTP2-Settings",
  ])
  func leavesTheTransportItsOwn(name: String) {
    #expect(
      complaint { _ = try "\(name): x".lent { try HeaderField.parse($0) } }
        == "headers: the transport sets this header itself")
    #expect(complaint { _ = try "x-\(name): x".lent { try HeaderField.parse($0) } } == nil)
  }

  @Test func replacesByNameInAnyCase() throws {
    var fields: [HeaderField] = []
    for line in ["a: 1", "B: 2", "c: 3", "b: 4", "A: 5", "d: 6"] {
      fields.set(try line.lent { try HeaderField.parse($0) })
    }
    #expect(fields.map { "\($0.name.string)=\($0.value.string)" }.sorted() == ["A=5", "b=4", "c=3", "d=6"])
  }
}
