// The compiler puts the metadata of a module's generic types into the object of its first file, which is this one, and
// the linker drops that copy only if nothing else is in it: a class declared here would make the library 2.7 KB larger.

@_extern(c, "realloc") private func c_realloc(_ old: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer?

/// Allocates memory for a number of values, which `deallocate` frees. Swift's own `allocate` ends the process if there
/// is no memory; if the size depends on data, that must be an error instead.
package func allocate<Value>(_ count: Int) throws(Failure) -> UnsafeMutablePointer<Value> {
  guard let memory = c_realloc(nil, count &* MemoryLayout<Value>.stride) else { throw .outOfMemory }
  return memory.assumingMemoryBound(to: Value.self)
}
