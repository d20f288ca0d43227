/// The clock of the wall, which other machines share about.
enum WallTime {
    /// Milliseconds since 1970.
    static var now: UInt64 { UInt64(max(0, Authorizer.now) * 1000) }
}
