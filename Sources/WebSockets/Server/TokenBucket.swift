/// A token bucket: so many a second, and as many in one burst; a value without a clock of its own.
struct TokenBucket {
    /// When the bucket will be full again, which is all of its state.
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
