/// Relays to which faults happen, and which are well in between.
protocol ChaosGroup: AnyObject {
    /// Starts what the tool has to start.
    func start() throws
    /// Ends what was started, frozen or not.
    func end()
    /// Does a fault.
    ///
    /// - Parameter begun: Called when it begins to hurt, with the edge at which clients stay though nothing comes.
    func perform(_ fault: String, _ draw: Draw, begun: (Int?) -> Void) throws
    /// Why the relays aren't well; nil if they are.
    func trouble() throws -> String?
    /// Whether clients may be told a gap at a fault.
    func mayTellGap(_ fault: String) -> Bool
}

/// What couldn't be done in time.
struct FaultTrouble: Error {
    var description: String
}
