/// What is measured over all connections of a run.
struct Measurements {
    /// The latencies within the measured window.
    var latency: LatencyRecorder
    /// Which events have reached every reader; nil if that isn't needed.
    var arrivals: Arrivals?
    /// What was parsed in the last events, on any connection.
    var recent = RecentEvents()
    /// Whether the measured window is open.
    var isOpen = false

    /// How many events steady readers got in the window.
    private(set) var events: UInt64 = 0
    /// The bytes of those events' texts.
    private(set) var eventBytes: UInt64 = 0

    private var isSteady = false
    private var now: Int64 = 0

    init(latency: LatencyRecorder, arrivals: Arrivals? = nil) {
        self.latency = latency
        self.arrivals = arrivals
    }

    /// Notes a read, on a steady reader or on one whose latency says nothing about the server.
    mutating func noteRead(isSteady: Bool) {
        self.isSteady = isSteady
        if isSteady, isOpen, latency.isActive { now = WallClock.microseconds() }
    }

    /// Notes an event; `count` is its number on its connection, from 1.
    mutating func noteDelivery(_ frame: Span<UInt8>, count: UInt64) {
        noteDelivery(bytes: frame.count, time: latency.time(in: frame), count: count)
    }

    /// Notes an event of this size, made at `time`; `count` is its number on its connection, from 1.
    mutating func noteDelivery(bytes: Int, time: Int64?, count: UInt64) {
        guard isSteady else { return }
        if isOpen {
            events &+= 1
            eventBytes &+= UInt64(bytes)
            latency.record(time, now: now)
        }
        arrivals?.note(count)
    }
}
