import Benchmark
import GraphQLTransport

func registerMachines() {
    for size in [200, 4096] {
        let message = nextMessage(size: size)
        Benchmark("ClientMachine: receive a next message of \(size) B") { benchmark in
            var machine = ClientMachine()
            _ = machine.opened()
            _ = machine.receive(bytes(#"{"type":"connection_ack"}"#).span)
            if let request = try? GraphQLRequest(query: "subscription { tick }") {
                _ = machine.subscribe(id: 1, request)
            }
            guard case .next = machine.receive(message.span) else {
                return benchmark.error("the message was not taken")
            }
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { blackHole(machine.receive(message.span)) }
        }
    }
    let subscribe = bytes(#"{"id":"1","type":"subscribe","payload":{"query":"subscription { tick { n at } }"}}"#)
    let complete = bytes(#"{"id":"1","type":"complete"}"#)
    Benchmark("ServerMachine: receive subscribe and complete") { benchmark in
        var machine = ServerMachine()
        _ = machine.receive(bytes(#"{"type":"connection_init"}"#).span)
        _ = machine.acknowledge()
        guard case .subscribe = machine.receive(subscribe.span), case .complete = machine.receive(complete.span) else {
            return benchmark.error("the messages were not taken")
        }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            blackHole(machine.receive(subscribe.span))
            blackHole(machine.receive(complete.span))
        }
    }
    let ping = bytes(#"{"type":"ping"}"#)
    Benchmark("ServerMachine: receive a ping") { benchmark in
        var machine = ServerMachine()
        for _ in benchmark.scaledIterations { blackHole(machine.receive(ping.span)) }
    }
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
