/// Dates in HTTP headers, in the form that senders must use: IMF-fixdate (RFC 9110 section 5.6.7).
enum HTTPDate {
    private static let shape = Array("___, 00 ___ 0000 00:00:00 GMT".utf8)
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The seconds since 1970, UTC, of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`; nil for anything else.
    ///
    /// The weekday isn't checked against the date.
    static func parse(_ text: [UInt8]) -> Int64? {
        guard text.count == shape.count else { return nil }
        for (byte, expected) in zip(text, shape) {
            switch expected {
            case UInt8(ascii: "_"): continue
            case UInt8(ascii: "0"): guard byte &- UInt8(ascii: "0") < 10 else { return nil }
            default: guard byte == expected else { return nil }
            }
        }
        guard weekdays.contains(word(text, 0)), let month = months.firstIndex(of: word(text, 8)) else { return nil }
        let year = number(text, 12..<16)
        let day = number(text, 5..<7)
        let (hour, minute, second) = (number(text, 17..<19), number(text, 20..<22), number(text, 23..<25))
        // The second 60 is a leap second.
        guard (1...length(ofMonth: month, year)).contains(day), hour < 24, minute < 60, second <= 60 else { return nil }
        return ((days(until: year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    }

    private static func word(_ text: [UInt8], _ start: Int) -> String {
        String(decoding: text[start..<start + 3], as: UTF8.self)
    }

    private static func number(_ text: [UInt8], _ range: Range<Int>) -> Int64 {
        text[range].reduce(0) { $0 * 10 + Int64($1 &- UInt8(ascii: "0")) }
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func length(ofMonth month: Int, _ year: Int64) -> Int64 {
        month == 1 ? (isLeap(year) ? 29 : 28) : [3, 5, 8, 10].contains(month) ? 30 : 31
    }

    /// The days from 1 January 1970 to a date of the Gregorian calendar; months count from 0.
    private static func days(until year: Int64, _ month: Int, _ day: Int64) -> Int64 {
        let earlier = year - 1
        // With the leap days before the year, counted from the year 1, and less the 719 162 days from then to 1970.
        var days = earlier * 365 + earlier / 4 - earlier / 100 + earlier / 400 - 719_162
        for passed in 0..<month { days += length(ofMonth: passed, year) }
        return days + day - 1
    }
}
