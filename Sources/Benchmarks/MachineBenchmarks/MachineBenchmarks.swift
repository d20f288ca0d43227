import Benchmark

/// The cost of a message, a document or an operation before anything is sent.
let benchmarks: @Sendable () -> Void = {
    unsafe Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput],
        scalingFactor: .kilo,
        maxDuration: .seconds(1)
    )
    registerMessages()
    registerMachines()
    registerDocuments()
    registerTokens()
}
