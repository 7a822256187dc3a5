import CSystem
import DosaiCore
import Synchronization

/// Stops whatever calls it was given to.
package final class CancelToken {
  private let wakeup = Wakeup()
  private let triggered = Atomic<Bool>(false)
  private let process: Int32

  /// RESOURCE: no descriptor is free.
  package init() throws(Failure) {
    process = ProcessState.id
    if wakeup.descriptor < 0 { throw .noDescriptor }
  }

  deinit { wakeup.shut() }

  package var descriptor: Int32 { wakeup.descriptor }

  package var isTriggered: Bool { triggered.load(ordering: .acquiring) }

  /// Any thread, and from a signal handler. In a forked child the descriptor is still the parent's: leave it.
  package func trigger() {
    let error = csystem_errno()
    triggered.store(true, ordering: .releasing)
    if process == ProcessState.id { wakeup.signal() }
    csystem_set_errno(error)
  }
}
