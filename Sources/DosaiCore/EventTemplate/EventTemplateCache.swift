/// The templates of a stream, with which most of its events are read without being parsed.
final class EventTemplateCache {
  private static let templatesMax = 8

  private var templates: UnsafeMutablePointer<Unmanaged<EventTemplate>>?
  private var count = 0
  private var last = 0  // the position of the template that was found or made last
  private var oldest = 0
  private var unused = 0  // how many templates were made since one was found

  deinit {
    removeAll()
    templates?.deallocate()
  }

  /// The template that the event at the start of `text` matches, and the event's length; nil: none matches, or the
  /// event is not complete yet.
  @inline(__always)
  func find(_ text: Bytes) -> (template: Unmanaged<EventTemplate>, length: Int)? {
    guard count > 0, let templates else { return nil }
    // The events of one choice match the same template; those of several choices alternate.
    let next = templates[last]._withUnsafeGuaranteedRef { $0.follower }
    let length = templates[next]._withUnsafeGuaranteedRef { $0.match(text) }
    if length < 0 { return search(text) }
    last = next
    unused = 0
    return (templates[next], length)
  }

  @inline(never)
  private func search(_ text: Bytes) -> (template: Unmanaged<EventTemplate>, length: Int)? {
    guard let templates else { return nil }
    for i in 0..<count {
      let length = templates[i]._withUnsafeGuaranteedRef { $0.match(text) }
      if length < 0 { continue }
      templates[last]._withUnsafeGuaranteedRef { $0.follower = i }
      last = i
      unused = 0
      return (templates[i], length)
    }
    return nil
  }

  func addMemory(to prefetchList: PrefetchList) {
    guard count > 0, let templates else { return }
    prefetchList.add(self)
    prefetchList.add(templates, Self.templatesMax * 8)
    templates[last]._withUnsafeGuaranteedRef { $0.addMemory(to: prefetchList) }
  }

  func removeAll() {
    if let templates { for i in 0..<count { templates[i].release() } }
    count = 0
    last = 0
    oldest = 0
  }

  /// Whether a template is worth making: if none of the last 64 was used, only every 16th is made.
  var isWanted: Bool {
    unused = unused &+ 1
    return unused <= 64 || unused % 16 == 0
  }

  func add(_ template: EventTemplate) throws(Failure) {
    let templates: UnsafeMutablePointer<Unmanaged<EventTemplate>>
    if let known = self.templates { templates = known } else { templates = try allocate(Self.templatesMax) }
    self.templates = templates
    let before = last
    if count < Self.templatesMax {
      last = count
      count += 1
    } else {
      last = oldest
      templates[oldest].release()
      oldest = (oldest + 1) % Self.templatesMax
    }
    templates[last] = Unmanaged.passRetained(template)
    template.follower = last
    templates[before]._withUnsafeGuaranteedRef { $0.follower = last }
  }
}
