/// The three forms of a date in HTTP (RFC 9110, 5.6.7).
enum HTTPDate {
  /// Seconds since 1970; nil: not a date.
  static func unixTime(_ text: Bytes) -> Int64? {
    // Words and numbers in their order: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
    // "Sun Nov  6 08:49:37 1994".
    var numbers = InlineArray<5, Int64>(repeating: 0)
    var count = 0
    var month: Int64?
    var monthFirst = false
    var at = 0
    while at < text.count {
      let start = at
      if text[at].isDigit {
        while at < text.count, text[at].isDigit { at += 1 }
        guard count < 5, let value = Text.integer(text.slice(start, at)) else { return nil }
        numbers[count] = value
        count += 1
      } else if text[at].isLetter {
        while at < text.count, text[at].isLetter { at += 1 }
        if month == nil, let found = self.month(text.slice(start, at)) {
          month = found
          monthFirst = count == 0
        }
      } else {
        at += 1
      }
    }
    guard count == 5, let month else { return nil }
    let day = numbers[0]
    var year = monthFirst ? numbers[4] : numbers[1]
    let time = monthFirst ? 1 : 2
    if year < 100 { year += year < 70 ? 2000 : 1900 }
    let (hour, minute, second) = (numbers[time], numbers[time + 1], numbers[time + 2])
    guard year >= 1970, year < 10000, hour < 24, minute < 60, second <= 60 else { return nil }
    guard day >= 1, day <= days(year, month + 1, 1) - days(year, month, 1) else { return nil }
    return days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
  }

  private static func month(_ word: Bytes) -> Int64? {
    let names: StaticString = "janfebmaraprmayjunjulaugsepoctnovdec"
    guard word.count == 3 else { return nil }
    for i in 0..<12 where names.bytes.slice(i * 3, i * 3 + 3).equalsIgnoringCase(word) { return Int64(i) + 1 }
    return nil
  }

  /// Days from 1970 to a date of the Gregorian calendar.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
  }
}
