/// The events that the tool makes itself.
struct FeedPlan {
    /// The address where the server under test subscribes to them.
    var listen: Address
    var pace: Pace
    /// The payload's length in bytes.
    var size: Int
    /// Whether events are made while nobody has subscribed, which are lost then.
    var goesOnAlone = false
}
