/// A value of the completion that a stream adds up to.
final class MergedValue {
  enum Form {
    case json  // `bytes` is JSON text; in an array, one or more elements that nothing merges with
    case text  // `bytes` are the characters of a string to which text is appended
    case object  // `members`, with their `keys` as written
    case array  // `members`
  }

  private(set) var form: Form
  let bytes = Buffer()
  private(set) var keys: [Buffer] = []
  private(set) var members: [MergedValue] = []
  /// The last element of an array, if it is text to which elements without an index are appended.
  private(set) var lastElements: Unmanaged<Buffer>?
  /// Whether it has had more than one value.
  private(set) var varies = false
  /// The `index` by which elements of an array are merged.
  var index: Int64?
  /// How many bytes at the end of a text are not written, because their chunks were not read.
  var leftOutCount = 0
  /// Finds the members, if there are many.
  private var nameIndex: NameIndex?

  /// Up to this number of members are searched one by one.
  private static let searchedMax = 16

  init(_ form: Form) { self.form = form }

  @inline(never)
  func member(_ key: Bytes) -> MergedValue? {
    if let nameIndex {
      guard let position = nameIndex.find(nameIndex.hash(key)), keys[position].bytes.equals(key) else { return nil }
      return members[position]
    }
    for i in 0..<min(keys.count, members.count) where keys[i].bytes.equals(key) { return members[i] }
    return nil
  }

  /// The element of an array with that index.
  func element(_ index: Int64) -> MergedValue? {
    var position = members.count - 1
    if let nameIndex { position = nameIndex.find(nameIndex.hash(.empty, index)) ?? -1 }
    while position >= 0 {
      if members[position].index == index { return members[position] }
      position = nameIndex == nil ? position - 1 : -1
    }
    return nil
  }

  func member(_ key: StaticString) -> MergedValue? { member(key.bytes) }

  /// The member with that key, created if there is none.
  func ensure(_ key: Bytes, _ form: Form) throws(Failure) -> MergedValue {
    if let found = member(key) { return found }
    let made = MergedValue(form)
    keys.append(try Buffer(copying: key))
    try add(made)
    return made
  }

  func add(_ member: MergedValue) throws(Failure) {
    members.append(member)
    lastElements = form == .array && member.form == .json ? Unmanaged.passUnretained(member.bytes) : nil
    if members.count <= Self.searchedMax { return }
    var position = nameIndex == nil ? 0 : members.count - 1
    let known = nameIndex ?? NameIndex()
    nameIndex = known
    while position < members.count {
      let key: Bytes = form == .object ? keys[position].bytes : .empty
      try known.set(known.hash(key, members[position].index ?? (form == .object ? 0 : -1)), position)
      position += 1
    }
  }

  /// Makes it another kind of value, and drops its old value.
  func become(_ form: Form) {
    guard self.form != form else { return }
    self.form = form
    bytes.removeAll()
    keys = []
    members = []
    lastElements = nil
    nameIndex = nil
  }

  /// Sets it to this JSON text.
  func set(_ json: Bytes) throws(Failure) {
    if form == .json && bytes.bytes.equals(json) { return }
    if form == .json && !bytes.isEmpty { varies = true }
    become(.json)
    bytes.removeAll()
    try bytes.append(json)
  }

  func write(to buffer: Buffer) throws(Failure) {
    switch form {
    case .json: try buffer.append(bytes.isEmpty ? literal("null") : bytes.bytes)  // a limit prevented its value
    case .text: try Text.appendQuoted(bytes.bytes.slice(0, bytes.count - leftOutCount), to: buffer)
    case .array:
      try buffer.append("[")
      for i in 0..<members.count {
        if i > 0 { try buffer.append(",") }
        try members[i].write(to: buffer)
      }
      try buffer.append("]")
    case .object:
      try buffer.append("{")
      try writeMembers(to: buffer)
      try buffer.append("}")
    }
  }

  /// The members of an object without its braces.
  func writeMembers(to buffer: Buffer) throws(Failure) {
    for i in 0..<min(keys.count, members.count) {
      if i > 0 { try buffer.append(",") }
      try buffer.append("\"")
      try buffer.append(keys[i].bytes)
      try buffer.append("\":")
      try members[i].write(to: buffer)
    }
  }
}

/// How the pieces of a stream are merged: texts are concatenated, arrays of objects are merged by `index`, and of
/// anything else the last value that is not null counts.
struct Merger {
  /// The depth of objects below which values are not merged but replaced.
  private static let depthMax = 8
  /// The maximum number of fields in an object, far more than any server sends.
  private static let membersMax = 1024
  /// What a value costs in addition to its own bytes.
  private static let overhead = 64

  /// How many more bytes may be kept.
  private(set) var room: Int
  /// How many values were replaced by others, or by other kinds of values.
  private(set) var changes = 0
  private let check: (() throws(Failure) -> Void)?
  private var steps = 0

  init(_ limits: Limits) {
    room = limits.textBytes
    check = limits.check
  }

  /// Begins an event.
  mutating func begin() { steps = 0 }

  /// Counts a step; an event can have any number of them.
  mutating func step() throws(Failure) {
    steps &+= 1
    if steps & 1023 == 0, let check { try check() }
  }

  /// Counts bytes that are kept. TOO_LARGE: beyond the limit.
  @inline(__always)
  mutating func use(_ bytes: Int) throws(Failure) {
    if bytes > room { throw Failure(.tooLarge, "the stream adds up to more than max_text_bytes") }
    room = room &- bytes
  }

  /// Counts bytes for which there is room.
  @inline(__always)
  mutating func take(_ bytes: Int) { room = room &- bytes }

  mutating func turn(_ target: MergedValue, _ form: MergedValue.Form) {
    if target.form == form { return }
    changes += 1
    target.become(form)
  }

  mutating func append(_ text: Bytes, to object: MergedValue, _ key: Bytes) throws(Failure) {
    let target = try member(key, of: object, .text)
    turn(target, .text)
    try use(text.count)
    try target.bytes.append(text)
  }

  private mutating func member(_ key: Bytes, of object: MergedValue, _ form: MergedValue.Form) throws(Failure)
    -> MergedValue
  {
    if let found = object.member(key) { return found }
    if object.keys.count >= Self.membersMax { throw Failure(.tooLarge, "an object has more than 1024 fields") }
    try use(key.count + Self.overhead)
    return try object.ensure(key, form)
  }

  /// Appends elements without an index, as they are written.
  mutating func add(elements: Bytes, to list: MergedValue) throws(Failure) {
    if elements.isEmpty { return }
    try use(elements.count + 1)
    if let last = list.lastElements {
      try last.takeUnretainedValue().append(",")
      return try last.takeUnretainedValue().append(elements)
    }
    try use(Self.overhead)
    let made = MergedValue(.json)
    try made.bytes.append(elements)
    try list.add(made)
  }

  /// As `add(elements:to:)`, for most that are not the first. False: ask that, as for no elements, which have no address.
  @inline(__always)
  mutating func addInPlace(elements: Bytes, to list: Unmanaged<MergedValue>) -> Bool {
    guard elements.count < room, let last = list._withUnsafeGuaranteedRef({ $0.lastElements }),
      last._withUnsafeGuaranteedRef({ $0.addInPlace(elements, behind: UInt8(ascii: ",")) })
    else { return false }
    take(elements.count &+ 1)
    return true
  }

  mutating func merge<Value: JSONValue>(
    _ value: Value, into object: MergedValue, _ key: Bytes, depth: Int = 0
  ) throws(Failure) {
    try step()
    switch value.kind {
    case .null:
      if object.member(key) == nil { try replace(value, in: object, key) }
    case .string:
      if Wire.isText(key) {
        try append(value.string, to: object, key)
      } else if !value.string.isEmpty || object.member(key) == nil {
        try replace(value, in: object, key)
      }
    case .object where depth < Self.depthMax:
      let target = try member(key, of: object, .object)
      turn(target, .object)
      try mergeMembers(of: value, into: target, depth: depth + 1)
    case .array where depth < Self.depthMax && isListOfObjects(value):
      let target = try member(key, of: object, .array)
      turn(target, .array)
      try mergeElements(of: value, into: target, depth: depth + 1)
    case .array where value.isEmptyContainer:
      if object.member(key) == nil { try replace(value, in: object, key) }
    default: try replace(value, in: object, key)
    }
  }

  /// `mayVary`: once the value has varied, templates have a slot for it, and a further change does not affect them.
  mutating func replace<Value: JSONValue>(
    _ value: Value, in object: MergedValue, _ key: Bytes, mayVary: Bool = false
  ) throws(Failure) {
    let target = try member(key, of: object, .json)
    let differs = target.form != .json || (!target.bytes.isEmpty && !target.bytes.bytes.equals(value.text))
    if differs && !(mayVary && target.varies) { changes += 1 }
    try set(target, value.text)
  }

  /// Sets a value to this JSON text.
  private mutating func set(_ target: MergedValue, _ json: Bytes) throws(Failure) {
    if json.count > target.bytes.count { try use(json.count - target.bytes.count) }
    try target.set(json)
  }

  /// Sets a text to this JSON, if the text is not a value of the completion.
  mutating func set(_ target: Buffer, _ json: Bytes) throws(Failure) {
    try set(Unmanaged.passUnretained(target), json)
  }

  @inline(never)
  mutating func set(_ target: Unmanaged<Buffer>, _ json: Bytes) throws(Failure) {
    let target = target.takeUnretainedValue()
    try use(max(0, json.count &- target.count))
    try target.assign(json)
  }

  /// As `set`, for most. False: ask that. `readable`: from its beginning on, 32 bytes or 0.
  @inline(__always)
  mutating func set(inPlace target: Unmanaged<Buffer>, _ json: Bytes, readable: Int) -> Bool {
    let more = max(0, json.count &- target._withUnsafeGuaranteedRef { $0.count })
    guard more <= room, target._withUnsafeGuaranteedRef({ $0.assign(inPlace: json, readable: readable) }) else {
      return false
    }
    room = room &- more
    return true
  }

  private mutating func mergeMembers<Value: JSONValue>(
    of value: Value, into target: MergedValue, depth: Int
  ) throws(Failure) {
    try value.forEachMember { (key: Bytes, member: Value) throws(Failure) in
      try merge(member, into: target, key, depth: depth)
    }
  }

  private mutating func mergeElements<Value: JSONValue>(
    of value: Value, into target: MergedValue, depth: Int
  ) throws(Failure) {
    var hasIndex = false
    try value.forEachElement { (element: Value) throws(Failure) in
      if element.integer(Wire.index) != nil { hasIndex = true }
    }
    if !hasIndex { return try add(elements: value.text.slice(1, value.text.count - 1).trimmed, to: target) }
    try value.forEachElement { (element: Value) throws(Failure) in
      try step()
      guard let index = element.integer(Wire.index) else { return try add(elements: element.text, to: target) }
      var found = target.element(index)
      if found == nil {
        try use(Self.overhead)
        let made = MergedValue(.object)
        made.index = index
        try target.add(made)
        found = made
      }
      if let found { try mergeMembers(of: element, into: found, depth: depth) }
    }
  }

  private func isListOfObjects<Value: JSONValue>(_ value: Value) -> Bool {
    guard !value.isEmptyContainer else { return false }
    var all = true
    try? value.forEachElement { (element: Value) throws(Failure) in if element.kind != .object { all = false } }
    return all
  }
}
