/// A value of a JSON text that was parsed: what the core reads answers through.
package protocol JSONValue {
  var kind: JSONKind { get }
  /// The value as it stands in the text.
  var text: Bytes { get }
  /// The characters of a string, NUL-terminated; empty for other kinds.
  var string: Bytes { get }
  /// The member of an object; nil for none, and for other kinds.
  func member(_ key: StaticString) -> Self?
  /// The same without its text and that of what it holds, and so without a walk over members: this object's text need
  /// not be looked through.
  func glance(_ key: StaticString) -> Self?
  /// Whether an object or array holds nothing.
  var isHollow: Bool { get }
  /// The characters of a member that is a string.
  func string(_ key: StaticString) -> Bytes?
  /// A member that is an integer of 64 bits.
  func integer(_ key: StaticString) -> Int64?
  /// Each member of an object, the last of those with one key, with the key as it is written. TOO_LARGE: too many.
  func forEachMember(_ body: (Bytes, Self) throws(Failure) -> Void) throws(Failure)
  /// Each element of an array.
  func forEachElement(_ body: (Self) throws(Failure) -> Void) throws(Failure)
}

package enum JSONKind { case null, boolean, number, string, array, object }

extension JSONValue {
  /// A member that is there and not null.
  package func present(_ key: StaticString) -> Self? {
    guard let value = member(key), value.kind != .null else { return nil }
    return value
  }
}
