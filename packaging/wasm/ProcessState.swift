/// In place of DosaiHTTP's: an instance of the module is one process, which never forks.
package enum ProcessState {
  package static var id: Int32 { 0 }

  package static func isKnown(_ id: Int32) -> Bool { true }
}
