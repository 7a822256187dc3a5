import CSystem
import DosaiCore
import Synchronization

/// Cancels the calls that it was passed to.
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

  /// May be called by any thread and by a signal handler. In a forked child, the descriptor is still the parent's, and
  /// is not used.
  package func trigger() {
    let error = csystem_errno()
    triggered.store(true, ordering: .releasing)
    if process == ProcessState.id { wakeup.signal() }
    csystem_set_errno(error)
  }
}
