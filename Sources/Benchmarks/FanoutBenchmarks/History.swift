import Benchmark
import WebSockets

@testable import Fanout

func registerHistory() {
    for count in [1, 64] {
        Benchmark("EventWriter: frames of a batch of \(count) events") { benchmark in
            let writer = EventWriter(topic: "tick", epoch: "epoch")
            let segment = Segment.events(count: count)
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { blackHole(writer.events(of: segment)) }
        }
    }
    Benchmark("Backlog: append and trim, full") { benchmark in
        var backlog = fullBacklog()
        let segment = Segment.events(count: 1)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            backlog.append(segment)
            backlog.trim(at: segment.time)
        }
        blackHole(backlog)
    }
    Benchmark("Backlog: the place of a position far behind, full") { benchmark in
        let backlog = fullBacklog()
        let span = backlog.head - backlog.tail
        var step = 0
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            step = (step &+ 7919) % span
            blackHole(backlog.index(of: backlog.tail + step))
        }
    }
    Benchmark("ShardMailbox: append and take") { benchmark in
        let mailbox = ShardMailbox(limit: 4 << 20)
        let updates = [TopicUpdate.segment(topic: 0, .events(count: 1))]
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            mailbox.append(updates)
            blackHole(await mailbox.take())
        }
    }
}

/// A history of the maximum length: each further segment removes one.
private func fullBacklog() -> Backlog {
    var backlog = Backlog(topic: "tick", epoch: "epoch", policy: LagPolicy())
    let segment = Segment.events(count: 1)
    for _ in 0..<(LagPolicy().historyBytes / segment.size + 1) {
        backlog.append(segment)
        backlog.trim(at: segment.time)
    }
    return backlog
}
