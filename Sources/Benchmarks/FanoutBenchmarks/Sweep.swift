import Benchmark

@testable import FanoutRelay

func registerSweep() {
    for dialect in SweepStage.Dialect.allCases {
        Benchmark(
            "Shard: an event for one of 1000 \(dialect.rawValue) clients on loopback, sent",
            // One iteration serves a thousand clients; the result is the share of one.
            configuration: .init(metrics: [.wallClock, .throughput], scalingFactor: .kilo, maxDuration: .seconds(2))
        ) { (benchmark: Benchmark, stage: SweepStage) in
            let update = stage.nextUpdate()
            benchmark.startMeasurement()
            await stage.shard.apply([update])
            benchmark.stopMeasurement()
            stage.drain()
        } setup: {
            try await SweepStage(clients: 1000, dialect)
        }
    }
}
