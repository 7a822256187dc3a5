import Foundation
import Testing

/// The cases of other projects' tests. They lie beside the repository, not in it, and are read from there.
package enum SharedCases {
  package static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../../shared/cases").standardizedFileURL
  package static let arePresent = FileManager.default.fileExists(atPath: folder.path)

  /// What a suite says where they are not there.
  package static let absence: Comment = "../shared/cases is not here"

  private struct File<Case: Decodable>: Decodable {
    let count: Int
    let cases: [Case]
  }

  /// The cases of a file; none where it is not there.
  package static func read<Case: Decodable>(_ name: String, as type: Case.Type) -> [Case] {
    guard let text = try? Data(contentsOf: folder.appendingPathComponent(name + ".json")) else { return [] }
    do {
      let file = try JSONDecoder().decode(File<Case>.self, from: text)
      if file.count != file.cases.count { Issue.record("\(name): \(file.cases.count) cases, not \(file.count)") }
      return file.cases
    } catch {
      Issue.record("\(name): \(error)")
      return []
    }
  }
}
