/// What the floor was asked for.
struct FloorPlan {
    var listen: Address
    var pace: Pace
    /// The bytes of an event's text.
    var size: Int
    /// Whether events begin only when a client has acknowledged (with a count of 0) that everyone is there.
    var isHeld: Bool
    var duration: Duration
}
