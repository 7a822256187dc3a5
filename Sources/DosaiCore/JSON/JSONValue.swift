/// A value of a parsed JSON text. The core reads all answers through this protocol.
package protocol JSONValue {
  var kind: JSONKind { get }
  /// The value as it is written in the text.
  var text: Bytes { get }
  /// The characters of a string, NUL-terminated; empty for other kinds.
  var string: Bytes { get }
  /// The member of an object; nil for none, and for other kinds.
  func member(_ key: StaticString) -> Self?
  /// Finds a member like `member`, but gives neither it nor its own members their text, and so does not scan this text.
  func memberWithoutText(_ key: StaticString) -> Self?
  /// Whether this is an object or array without members or elements.
  var isEmptyContainer: Bool { get }
  /// The characters of a member, if it is a string.
  func string(_ key: StaticString) -> Bytes?
  /// The value of a member, if it is an integer of 64 bits.
  func integer(_ key: StaticString) -> Int64?
  /// Visits each member of an object, with the key as it is written; of members with the same key, only the last.
  /// TOO_LARGE: too many members.
  func forEachMember(_ body: (Bytes, Self) throws(Failure) -> Void) throws(Failure)
  /// Visits each element of an array.
  func forEachElement(_ body: (Self) throws(Failure) -> Void) throws(Failure)
}

package enum JSONKind { case null, boolean, number, string, array, object }

extension JSONValue {
  /// The member, unless it is missing or null.
  package func nonNullMember(_ key: StaticString) -> Self? {
    guard let value = member(key), value.kind != .null else { return nil }
    return value
  }
}
