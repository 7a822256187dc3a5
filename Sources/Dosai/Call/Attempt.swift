import DosaiCore

/// One try at the server.
package struct Attempt {
  package var status: Status
  package var httpStatus: Int32
  /// Waited after it, in milliseconds.
  package var delay: Int64 = 0
}
