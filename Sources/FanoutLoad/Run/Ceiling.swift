import CommandSupport
import Glibc

/// How many events the tool itself could receive, measured over the kernel's loopback alone.
///
/// Only its receiving is measured, not the writing that feeds it, so that it is what one core of the tool can do.
struct Ceiling {
    /// Deliveries a second when each read is full of events.
    let full: Double
    /// Deliveries a second when each read brings one event.
    let single: Double

    private static let connections = 64
    private static let timeout = Duration.milliseconds(200)

    /// A line for people.
    var line: String {
        "ceiling of the tool on this machine: \(NumberText.grouped(Int(full / 1000))) thousand deliveries/s in full "
            + "reads, \(NumberText.grouped(Int(single / 1000))) thousand/s one at a time\n"
    }

    /// Measures, in less than half a second.
    static func measure() throws(SystemError) -> Ceiling {
        guard let address = Address(host: "127.0.0.1", port: 0), let endpoint = Endpoint("ws://127.0.0.1/topics/tick")
        else { return Ceiling(full: 0, single: 0) }
        let listener = try address.listen()
        defer { listener.close() }
        var pairs = Pairs(LoadPlan(endpoint: endpoint, connections: connections, duration: .zero), try Poller())
        defer { pairs.close() }
        for _ in 0..<connections { try pairs.add(listener) }
        return Ceiling(full: try pairs.rate(eventsPerRead: 250), single: try pairs.rate(eventsPerRead: 1))
    }

    private struct Pair {
        var client: LoadClient
        let reading: Socket
        let writing: Socket

        /// Reads once, as a run does, and returns how many events that brought.
        mutating func read(through buffer: inout [UInt8], _ script: ClientScript, _ measurements: inout Measurements)
            -> Int
        {
            guard case .bytes(let size) = reading.read(into: &buffer) else { return 0 }
            measurements.noteRead(isSteady: true)
            let before = client.counts.deliveries
            client.receive(buffer.span.extracting(first: size), script: script, into: &measurements)
            return Int(client.counts.deliveries - before)
        }
    }

    /// Connections of which the tool has both ends.
    private struct Pairs: ~Copyable {
        private let script: ClientScript
        private var poller: Poller
        private var ends: [Pair] = []
        private var buffer = [UInt8](repeating: 0, count: 65536)
        private var number = 0

        init(_ plan: LoadPlan, _ poller: consuming Poller) {
            script = ClientScript(plan)
            self.poller = poller
        }

        /// Opens one through a listening socket.
        mutating func add(_ listener: Socket) throws(SystemError) {
            let loopback = Address(host: "127.0.0.1", port: listener.localPort)
            guard let reading = try loopback?.connect(receiveBuffer: nil) else { return }
            guard let writing = try listener.accept() else { return reading.close() }
            var client = LoadClient(index: ends.count)
            client.connectBegan()
            client.connected(script)
            var unmeasured = Measurements(latency: LatencyRecorder(key: nil))
            let sent = client.output
            if let request = ServerHandshake.request(sent) {
                let answer = ServerHandshake.acceptance(request, subprotocol: request.subprotocols.first)
                client.receive(answer.span, script: script, into: &unmeasured)
            }
            try poller.add(reading, index: ends.count, interest: .read)
            ends.append(Pair(client: client, reading: reading, writing: writing))
        }

        /// Deliveries for a second of receiving.
        mutating func rate(eventsPerRead count: Int) throws(SystemError) -> Double {
            var measurements = Measurements(latency: LatencyRecorder(key: nil))
            let start = ContinuousClock.now
            var spent = Duration.zero
            var deliveries = 0
            while ContinuousClock.now - start < Ceiling.timeout {
                var frames: [UInt8] = []
                for _ in 0..<count {
                    number += 1
                    FloorEvent.append(number: UInt64(number), size: 200, time: 0, to: &frames)
                }
                for end in ends { _ = end.writing.write(frames) }
                let before = CPUTime.now()
                var left = ends.count
                while left > 0 {
                    let ready = try poller.wait(milliseconds: 100)
                    guard ready > 0 else { return 0 }
                    for position in 0..<ready {
                        let index = poller[position].index
                        deliveries += ends[index].read(through: &buffer, script, &measurements)
                        left -= 1
                    }
                }
                let used = CPUTime.now().since(before)
                spent += used.user + used.system
            }
            return spent > .zero ? Double(deliveries) / (spent / .seconds(1)) : 0
        }

        /// Closes all.
        func close() {
            for end in ends {
                end.reading.close()
                end.writing.close()
            }
        }
    }
}
