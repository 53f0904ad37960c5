import Testing

@testable import CofferCore

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "Known moments are written and read",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800_123, "2024-02-29T00:00:00.123Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (2_147_483_648_000, "2038-01-19T03:14:08.000Z"),
        ] as [(Int64, String)])
    func known(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).text == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "Other spellings of a moment are read",
        arguments: [
            ("2026-11-24", "2026-11-24T00:00:00.000Z"), ("2026-11-24T01:02Z", "2026-11-24T01:02:00.000Z"),
            ("2026-11-24T01:02:03Z", "2026-11-24T01:02:03.000Z"),
            ("2026-11-24 01:02:03", "2026-11-24T01:02:03.000Z"),
            ("2026-11-24T01:02:03.5Z", "2026-11-24T01:02:03.500Z"),
            ("2026-11-24T01:02:03.123456789Z", "2026-11-24T01:02:03.123Z"),
            ("2026-11-24T01:02:03+02:00", "2026-11-23T23:02:03.000Z"),
            ("2026-11-24T23:02:03-05:30", "2026-11-25T04:32:03.000Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ])
    func spellings(text: String, canonical: String) {
        #expect(Timestamp(text)?.text == canonical)
    }

    @Test(
        "What is no moment is refused",
        arguments: [
            "", "2026", "2026-11", "2026-13-01", "2026-00-01", "2026-02-29", "2100-02-29", "2026-04-31",
            "2026-01-00",
            "2026-1-1", "20261124", "2026-11-24T", "2026-11-24T24:00Z", "2026-11-24T01", "2026-11-24T01:60Z",
            "2026-11-24T01:02:61Z", "2026-11-24T01:02:03.Z", "2026-11-24T01:02:03Zx",
            "2026-11-24T01:02:03+2:00",
            "2026-11-24T01:02:03+99:00", "2026-11-24T01:02:03+01:60", " 2026-11-24", "-2026-11-24",
            "2026-11-24Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("Every day from 1600 to 2400 is the day after the one before, by a calendar that counts")
    func calendar() {
        var days = CivilDate.daysSinceEpoch(year: 1600, month: 1, day: 1)
        #expect(days == -135_140)
        for year in Int64(1600)..<2400 {
            let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (index, length) in lengths.enumerated() {
                let month = Int64(index) + 1
                if CivilDate.daysIn(month: month, year: year) != length { Issue.record("\(year)-\(month)") }
                for day in 1...length {
                    let date = CivilDate(daysSinceEpoch: days)
                    if (date.year, date.month, date.day) != (year, month, day) {
                        Issue.record("\(year)-\(month)-\(day)")
                    }
                    if CivilDate.daysSinceEpoch(year: year, month: month, day: day) != days {
                        Issue.record("\(year)-\(month)-\(day)")
                    }
                    days += 1
                }
            }
        }
    }

    @Test("Random moments come back from their texts, which sort as they do")
    func roundTrips() {
        var generator = SeededGenerator(seed: 5)
        var last = Timestamp(milliseconds: 0)
        for _ in 0..<5_000 {
            let time = Timestamp(
                milliseconds: Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator))
            #expect(Timestamp(time.text) == time)
            #expect(time.text.utf8.count == 24)
            #expect((time < last) == (time.text < last.text))
            #expect(time.seconds * 1000 + time.millisecondOfSecond == time.milliseconds)
            #expect((0..<1000).contains(time.millisecondOfSecond))
            last = time
        }
        #expect(Timestamp(seconds: 1).adding(days: 2).milliseconds == 172_801_000)
    }

    @Test("Numbers are appended as Swift writes them, and filled with zeros")
    func decimals() {
        func text(_ value: Int64, _ digits: Int = 1) -> String {
            var bytes: [UInt8] = []
            bytes.appendDecimal(value, digits: digits)
            return String(decoding: bytes, as: UTF8.self)
        }
        var generator = SeededGenerator(seed: 9)
        for value: Int64 in [
            0, 1, -1, 9, 10, 99, 100, .max, .min, .max / 10, 999_999_999_999_999_999,
            1_000_000_000_000_000_000,
        ] {
            #expect(text(value) == String(value))
        }
        for _ in 0..<1000 {
            let value =
                Int64.random(in: .min ... .max, using: &generator)
                >> Int64.random(in: 0..<64, using: &generator)
            #expect(text(value) == String(value))
        }
        #expect(text(7, 3) == "007")
        #expect(text(-7, 3) == "-007")
        #expect(text(1234, 3) == "1234")
    }
}
