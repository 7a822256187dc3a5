import DosaiCore
import DosaiJSON
import Foundation
import TestSupport
import Testing

/// A case of kind `json-parse`: shared/cases/README.md.
struct JSONCase: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let `class`: String
  let b64: String?

  var testDescription: String { name }

  /// Those that the file has in full.
  static let all = SharedCases.read("json_jansson", as: JSONCase.self).filter { $0.b64 != nil }
}

@Suite("JSON on the cases of other projects", .enabled(if: SharedCases.arePresent, SharedCases.absence))
struct JSONCasesTests {
  /// Valid JSON that is refused: jansson takes no U+0000 in a key.
  static let refused: Set = ["y_object_escaped_null_in_key.json"]

  /// What RFC 8259 leaves open and we refuse, docs/design.md, 11: numbers such as 1e999 are PROTOCOL.
  static let refusedOfTheOpen: Set = [
    "i_number_huge_exp.json", "i_number_neg_int_huge_exp.json", "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json", "i_number_real_pos_overflow.json", "i_string_utf16BE_no_BOM.json",
    "i_string_utf16LE_no_BOM.json", "i_string_UTF-16LE_with_BOM.json", "i_structure_UTF-8_BOM_empty_object.json",
  ]

  @Test func areThere() {
    #expect(JSONCase.all.count > 300)
    #expect(Set(JSONCase.all.map(\.class)) == ["y", "n", "i"])
  }

  @Test(arguments: JSONCase.all)
  func replay(_ replayed: JSONCase) throws {
    let text = try Buffer(try #require(Data(base64Encoded: replayed.b64 ?? "")))
    let scanned = status { _ = try JSONScanner.check(text.bytes) }
    let read = status { _ = try Document.read(taking: text, limits: Limits()) }
    switch replayed.class {
    case "y":
      #expect(scanned == .ok)
      #expect((read == .ok) == !Self.refused.contains(replayed.name))
    case "n":
      #expect(read != .ok && scanned != .ok)
    default: #expect((read == .ok) == !Self.refusedOfTheOpen.contains(replayed.name))
    }
  }
}
