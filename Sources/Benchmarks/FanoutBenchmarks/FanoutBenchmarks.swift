import Benchmark

/// The cost of an event between its arrival and the clients' sockets.
let benchmarks: @Sendable () -> Void = {
    unsafe Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput],
        scalingFactor: .kilo,
        maxDuration: .seconds(1)
    )
    registerHistory()
    registerSplice()
    registerSweep()
}
