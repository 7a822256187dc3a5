import DosaiCore
import TestSupport
import Testing

struct FailureTests {
  @Test(
    arguments: [
      (.invalid("model: must not be empty"), "model: must not be empty"),
      (.invalid(literal("n"), "must be 1 or more"), "n must be 1 or more"),
      (.invalid(literal("a\nb\u{7F}"), "must be a number"), "a b  must be a number"),
      (Failure(.server, "the server failed"), "the server failed"),
      (Failure(.server, "the server failed", detail: try? Buffer("out of cheese")), "the server failed: out of cheese"),
      (Failure(.server, "", detail: try? Buffer("out of cheese")), "out of cheese"),
      (Failure(.server, "the server failed", detail: Buffer()), "the server failed"),
    ] as [(Failure, String)])
  func saysWhyInOneLine(failure: Failure, expected: String) throws {
    let line = Buffer()
    try failure.writeLine(to: line)
    #expect(line.string == expected)
  }

  @Test func namesAStatusOnlyOnce() {
    let all = (Int32(-200)...100).compactMap(Status.init(rawValue:))
    #expect(all.count == 26)
    #expect(Set(all.map { "\($0.name)" }).count == all.count)
    #expect(all.allSatisfy { "\($0.name)".allSatisfy { $0.isUppercase || $0 == "_" } })
  }
}
