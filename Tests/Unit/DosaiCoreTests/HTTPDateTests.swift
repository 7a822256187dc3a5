import Foundation
import TestSupport
import Testing

@testable import DosaiCore

struct HTTPDateTests {
  /// The three forms of RFC 9110, 5.6.7.
  @Test(
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
      ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu Jan  1 00:00:01 1970", 1),
      ("Fri, 29 Sep 2023 16:26:37 GMT", 1_696_004_797), ("Friday, 29-Sep-23 16:26:37 GMT", 1_696_004_797),
      ("Fri Sep 29 16:26:37 2023", 1_696_004_797), ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
      ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200), ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
      ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800), ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
      ("Sun, 28 Feb 2100 23:59:59 GMT", 4_107_542_399), ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
      ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800), ("Tue, 19 Jan 2038 03:14:08 GMT", 2_147_483_648),
      ("sun, 06 nov 1994 08:49:37 gmt", 784_111_777), ("Thursday, 01-Jan-70 00:00:00 GMT", 0),
      ("Wednesday, 31-Dec-69 00:00:00 GMT", 3_155_673_600),
    ] as [(String, Int64)])
  func readsTheThreeForms(text: String, expected: Int64) {
    text.lent { #expect(HTTPDate.unixTime($0) == expected) }
  }

  @Test(arguments: [
    "", "GMT", "soon", "20", "0.5", "1696004797", "Fri, 29 Sep 2023", "16:26:37", "29 2023 16:26:37",
    "Fri, 29 Xyz 2023 16:26:37 GMT",
    "Fri, 29 September 2023 16:26:37 GMT", "Fri, 29 Sep 100000 16:26:57 GMT", "Fri, 00 Sep 2023 16:26:37 GMT",
    "Fri, 32 Sep 2023 16:26:37 GMT", "Fri, 29 Sep 2023 24:00:00 GMT", "Fri, 29 Sep 2023 16:60:00 GMT",
    "Fri, 29 Sep 2023 16:26:61 GMT",
    "Fri, 29 Sep 1969 16:26:37 GMT", "Fri, 29 Sep 2023 16:26:37 +0200", "Fri, 29 Sep 2023 16:26:37.5 GMT",
    "Fri, 99999999999999999999 Sep 2023 16:26:37 GMT", "Fri, 29 Sep 99999999999999999999 16:26:37 GMT",
    "\u{661} Sep 2023 16:26:37",
    "2023-09-29T16:26:37Z", "Sep Sep Sep", "\0\0\0", "1 2 3 4 5 6 Sep",
    // Days that the month does not have.
    "Wed, 29 Feb 2023 00:00:00 GMT", "Fri, 30 Feb 2024 00:00:00 GMT", "Mon, 29 Feb 2100 00:00:00 GMT",
    "Sun, 31 Apr 2023 00:00:00 GMT",
    "Sun, 31 Jun 2023 00:00:00 GMT", "Sun, 31 Sep 2023 00:00:00 GMT", "Thu Nov 31 00:00:00 2023",
  ])
  func refusesGarbage(text: String) {
    text.lent { #expect(HTTPDate.unixTime($0) == nil) }
  }

  /// Every day of eight hundred years against Foundation's calendar.
  @Test func countsTheDaysAsTheCalendarDoes() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    var time: Int64 = 0
    for year in 1970..<2770 {
      for month in 1...12 {
        let first = try #require(calendar.date(from: DateComponents(year: year, month: month, day: 1)))
        #expect(Int64(first.timeIntervalSince1970) == time)
        let days = try #require(calendar.range(of: .day, in: .month, for: first)).count
        for day in 1...days {
          "Xxx, \(day) \(months[month - 1]) \(year) 00:00:00 GMT".lent { text in
            if HTTPDate.unixTime(text) != time { Issue.record("\(text.string)") }
          }
          time += 86400
        }
        "Xxx, \(days + 1) \(months[month - 1]) \(year) 00:00:00 GMT".lent { text in
          if HTTPDate.unixTime(text) != nil { Issue.record("\(text.string) is no day") }
        }
      }
    }
  }
}
