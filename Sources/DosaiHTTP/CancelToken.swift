import CSystem
import DosaiCore
import Synchronization

/// Stops whatever calls it was given to.
package final class CancelToken {
  package let descriptor: Int32
  private let triggered = Atomic<Bool>(false)
  private let process: Int32

  /// RESOURCE: no descriptor is free.
  package init() throws(Failure) {
    process = Process.id
    descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    if descriptor < 0 { throw .noDescriptor }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  package var isTriggered: Bool { triggered.load(ordering: .acquiring) }

  /// Any thread, and from a signal handler. In a forked child the descriptor is still the parent's: leave it.
  package func trigger() {
    let error = csystem_errno()
    triggered.store(true, ordering: .releasing)
    var one: UInt64 = 1
    if process == Process.id { _ = write(descriptor, &one, 8) }
    csystem_set_errno(error)
  }
}
