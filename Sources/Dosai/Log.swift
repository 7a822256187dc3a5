import DosaiCore
import DosaiHTTP

/// Where a client writes its log lines.
package struct Log {
  package enum Level: Int32 {
    case off = 0
    case error = 1
    case warning = 2
    case info = 3
    case debug = 4
  }

  package typealias Function =
    @convention(c) (
      Int32, UnsafePointer<CChar>?, Int, UnsafeMutableRawPointer?
    ) -> Void

  private let level: Int32
  private let function: Function
  private let context: UnsafeMutableRawPointer?

  package init(level: Int32, function: @escaping Function, context: UnsafeMutableRawPointer?) {
    self.level = level
    self.function = function
    self.context = context
  }

  func isOn(_ level: Level) -> Bool { level.rawValue <= self.level }

  func write(_ level: Level, _ line: Buffer) {
    guard isOn(level) else { return }
    function(level.rawValue, line.cString, line.count, context)
  }
}
