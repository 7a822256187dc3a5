/// The templates of a stream, with which most of its events are read without being parsed.
final class EventTemplateCache {
  private static let templatesMax = 8

  private var templates: UnsafeMutablePointer<Unmanaged<EventTemplate>>?
  private var count = 0
  private var oldest = 0
  private var made = 0
  private var unused = 0  // how many templates were made since one was found
  /// The template that was found or made last; nil: there is none.
  private var last: Unmanaged<EventTemplate>?
  /// The template that the next event most likely matches. The events of one choice match the same; those of several
  /// choices alternate.
  private(set) var next: Unmanaged<EventTemplate>?

  deinit {
    removeAll()
    templates?.deallocate()
  }

  /// An event has matched the template.
  @inline(__always)
  func note(_ template: Unmanaged<EventTemplate>) {
    last = template
    next = template._withUnsafeGuaranteedRef { $0.follower }
    unused = 0
  }

  /// The template that the event at the start of `text` matches, and the event's length; nil: none matches, or the
  /// event is not complete yet.
  @inline(always)
  func find(_ text: Bytes) -> (template: Unmanaged<EventTemplate>, length: Int)? {
    guard var template = next else { return nil }
    var tried = -1
    while true {
      if let length = template._withUnsafeGuaranteedRef({ $0.match(text) }) {
        if tried >= 0 { last?._withUnsafeGuaranteedRef { $0.follower = template } }
        note(template)
        return (template, length)
      }
      guard let other = other(tried) else { return nil }
      (template, tried) = other
    }
  }

  /// The first template that is not `next` behind the one at `tried`, and where it is; nil: there is none.
  @inline(never)
  private func other(_ tried: Int) -> (Unmanaged<EventTemplate>, tried: Int)? {
    guard let next, let templates else { return nil }
    var at = tried + 1
    while at < count {
      if templates[at].toOpaque() != next.toOpaque() { return (templates[at], at) }
      at += 1
    }
    return nil
  }

  func addMemory(to prefetchList: PrefetchList) {
    guard let last, let templates else { return }
    prefetchList.add(self)
    prefetchList.add(templates, Self.templatesMax * 8)
    last._withUnsafeGuaranteedRef { $0.addMemory(to: prefetchList) }
  }

  func removeAll() {
    if let templates { for i in 0..<count { templates[i].release() } }
    count = 0
    oldest = 0
    last = nil
    next = nil
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
    made += 1
    template.number = made
    let added = Unmanaged.passRetained(template)
    template.follower = added
    last?._withUnsafeGuaranteedRef { $0.follower = added }
    if count < Self.templatesMax {
      templates[count] = added
      count += 1
    } else {
      replace(templates[oldest], by: added, in: templates)
      oldest = (oldest + 1) % Self.templatesMax
    }
    last = added
    next = added
  }

  private func replace(
    _ old: Unmanaged<EventTemplate>, by added: Unmanaged<EventTemplate>,
    in templates: UnsafeMutablePointer<Unmanaged<EventTemplate>>
  ) {
    templates[oldest] = added
    for i in 0..<count {
      templates[i]._withUnsafeGuaranteedRef { if $0.follower?.toOpaque() == old.toOpaque() { $0.follower = added } }
    }
    old.release()
  }
}
