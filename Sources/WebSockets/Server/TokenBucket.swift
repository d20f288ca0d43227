/// Lets through so many a second, and as many at once; a value, without a clock of its own.
struct TokenBucket {
    /// When it is full again: all that there is to know of it.
    private var fullAt = Duration.zero

    /// Takes a token; false when there is none.
    ///
    /// - Parameter rate: tokens a second, at least 1; the bucket holds as many.
    mutating func take(at now: Duration, rate: Int) -> Bool {
        let next = max(fullAt, now) + .seconds(1) / rate
        guard next - now <= .seconds(1) else { return false }
        fullAt = next
        return true
    }
}
