/// The events that the tool makes itself.
struct FeedPlan {
    /// Where the server under test finds them.
    var listen: Address
    var pace: Pace
    /// A payload's bytes.
    var size: Int
}
