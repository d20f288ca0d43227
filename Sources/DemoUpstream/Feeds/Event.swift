internal import Glibc

/// One event of a feed.
struct Event {
    /// The count of a tick or of a countdown.
    var number = 0
    /// Microseconds since 1970-01-01.
    var time: Int64 = 0
    var symbol = ""
    /// The price in hundredths.
    var cents = 0

    /// The time by the system's clock, in microseconds since 1970-01-01.
    static func currentTime() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
    }
}
