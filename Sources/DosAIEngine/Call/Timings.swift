/// Nanoseconds since the call began; -1: not reached.
package struct Timings {
  package var connect: Int64 = -1
  package var firstByte: Int64 = -1
  package var firstToken: Int64 = -1
  package var total: Int64 = -1
  package var reusedConnection = false
}
