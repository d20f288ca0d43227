/// What is measured over all of a run's connections while they read.
struct Measurements {
    /// The latencies in the window that counts.
    var latency: LatencyRecorder
    /// Which events have reached everyone; nil if nobody asks.
    var arrivals: Arrivals?
    /// What was read in the last events, whichever connection they came by.
    var recent = RecentEvents()
    /// Whether the window that counts is open.
    var isOpen = false

    /// The steady readers' events in the window.
    private(set) var events: UInt64 = 0
    /// The bytes of those events' texts.
    private(set) var eventBytes: UInt64 = 0

    private var isSteady = false
    private var now: Int64 = 0

    init(latency: LatencyRecorder, arrivals: Arrivals? = nil) {
        self.latency = latency
        self.arrivals = arrivals
    }

    /// Notes that a read has just succeeded, on a steady reader or on one whose latency says nothing about the server.
    mutating func noteRead(isSteady: Bool) {
        self.isSteady = isSteady
        if isSteady, isOpen, latency.isActive { now = WallClock.microseconds() }
    }

    /// Notes an event that is the given one of its connection, counted from 1.
    mutating func noteDelivery(_ frame: Span<UInt8>, count: UInt64) {
        noteDelivery(bytes: frame.count, time: latency.time(in: frame), count: count)
    }

    /// Notes an event of so many bytes, made at `time`, that is the given one of its connection, counted from 1.
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
