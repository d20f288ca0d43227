/// What lives on an event loop, which keeps it until `release`, or its own end; used on the loop's thread only.
protocol LoopResident: AnyObject {
    /// Whether it is told of the loop's end only once the sockets and libwebsockets' context are gone.
    ///
    /// False by default.
    static var outlivesSockets: Bool { get }

    /// The loop stops: whatever of its own stands on the loop has to be closed now; by default there is nothing.
    func loopStops()
}

extension LoopResident {
    static var outlivesSockets: Bool { false }

    func loopStops() {}
}
