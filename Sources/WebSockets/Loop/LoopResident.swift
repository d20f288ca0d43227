/// An object that an event loop keeps until `release` or the loop's end; used on the loop's thread only.
protocol LoopResident: AnyObject {
    /// Whether `loopStops` is called only after the sockets and libwebsockets' context are gone.
    ///
    /// False by default.
    static var outlivesSockets: Bool { get }

    /// Called when the loop stops: the resident must close its handles on the loop; by default it has none.
    func loopStops()
}

extension LoopResident {
    static var outlivesSockets: Bool { false }

    func loopStops() {}
}
