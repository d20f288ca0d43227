/// The options of the floor.
struct FloorPlan {
    var listen: Address
    var pace: Pace
    /// The bytes of an event's text.
    var size: Int
    /// Whether events begin only when a client has acknowledged 0 events, which says that all readers are there.
    var isHeld: Bool
    var duration: Duration
}
