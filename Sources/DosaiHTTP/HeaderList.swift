import CCurl
import CSystem
import DosaiCore

/// The header lines of a request. Their memory is overwritten when they go: one of them holds the key.
package final class HeaderList {
  private(set) var list: UnsafeMutablePointer<curl_slist>?

  package init() {}

  deinit {
    var node = list
    while let entry = node {
      if let data = entry.pointee.data { explicit_bzero(data, strlen(data)) }
      node = entry.pointee.next
    }
    curl_slist_free_all(list)
  }

  /// Adds `name: value`.
  package func add(_ name: Bytes, _ value: Bytes) throws(Failure) {
    let line = Buffer()
    defer { line.wipe() }
    try line.append(name)
    // libcurl takes a name without value as "do not send"; with a semicolon it sends it empty.
    try line.append(value.isEmpty ? ";" : ": ")
    try line.append(value)
    guard let longer = curl_slist_append(list, line.cString) else { throw .outOfMemory }
    list = longer
  }

  /// libcurl shall not send a header of this name on its own.
  package func suppress(_ name: StaticString) throws(Failure) {
    let line = Buffer()
    try line.append(name)
    try line.append(":")
    guard let longer = curl_slist_append(list, line.cString) else { throw .outOfMemory }
    list = longer
  }
}
