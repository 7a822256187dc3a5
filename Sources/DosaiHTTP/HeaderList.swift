import CCurl
import CSystem
import DosaiCore

/// The header lines of a request. Their memory is overwritten before it is freed: one of them contains the key.
package final class HeaderList {
  private(set) var list: UnsafeMutablePointer<curl_slist>?

  package init() {}

  deinit {
    var node = list
    while let entry = node {
      if let data = entry.pointee.data { csystem_wipe(data, strlen(data)) }
      node = entry.pointee.next
    }
    curl_slist_free_all(list)
  }

  /// Adds `name: value`.
  package func add(_ name: Bytes, _ value: Bytes) throws(Failure) {
    let line = Buffer()
    defer { line.wipe() }
    try line.append(name)
    // To libcurl, "name:" means that the header is not sent, and "name;" that it is sent empty.
    try line.append(value.isEmpty ? ";" : ": ")
    try line.append(value)
    guard let longer = curl_slist_append(list, line.cString) else { throw .outOfMemory }
    list = longer
  }

  /// Stops libcurl from adding a header of this name.
  package func suppress(_ name: StaticString) throws(Failure) {
    let line = Buffer()
    try line.append(name)
    try line.append(":")
    guard let longer = curl_slist_append(list, line.cString) else { throw .outOfMemory }
    list = longer
  }
}
