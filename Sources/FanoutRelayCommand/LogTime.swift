import Glibc

/// A moment of the calendar's time, in milliseconds, as lines of the log begin with it.
struct LogTime: Equatable, Sendable {
    /// Since 1970 began.
    let seconds: Int
    /// 0 to 999.
    let milliseconds: Int

    /// The present moment.
    static var now: LogTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// In UTC, as RFC 3339 writes it: `2026-01-31T08:15:30.250Z`.
    var inUTC: String { text(eastOfUTC: 0) + "Z" }

    /// In the machine's time zone: `2026-01-31T09:15:30.250+0100`.
    var inLocalTime: String {
        let offset = Self.localOffset(at: seconds)
        let minutes = abs(offset) / 60
        let zone = Self.digits(minutes / 60, 2) + Self.digits(minutes % 60, 2)
        return text(eastOfUTC: offset) + (offset < 0 ? "-" : "+") + zone
    }

    /// Seconds that the machine's time zone is ahead of UTC at a moment.
    private static func localOffset(at seconds: Int) -> Int {
        var seconds = seconds
        var parts = unsafe tm()
        unsafe localtime_r(&seconds, &parts)
        return unsafe parts.tm_gmtoff
    }

    private func text(eastOfUTC offset: Int) -> String {
        let (days, second) = (seconds + offset).quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = Self.date(of: days)
        let date = [Self.digits(year, 4), Self.digits(month, 2), Self.digits(day, 2)].joined(separator: "-")
        let time = [second / 3600, second / 60 % 60, second % 60].map { Self.digits($0, 2) }.joined(separator: ":")
        return "\(date)T\(time).\(Self.digits(milliseconds, 3))"
    }

    /// The date in the Gregorian calendar, so many days after 1970 began.
    private static func date(of days: Int) -> (year: Int, month: Int, day: Int) {
        // Years are counted from a 1 March, so that the leap day comes last; 400 of them have 146,097 days.
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
