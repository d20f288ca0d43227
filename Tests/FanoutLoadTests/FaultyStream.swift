import TestSupport

@testable import FanoutLoad

/// Makes what many readers of one topic receive, each with faults of its own.
enum FaultyStream {
    /// A reader, a twin of it that is to parse all it gets, and what both get.
    struct Reader {
        var client: LoadClient
        var twin: LoadClient
        var texts: ArraySlice<[UInt8]>
        let script: ClientScript
        private let start: Int

        /// The first two readers get the events as they are.
        init(
            _ clientProtocol: ClientProtocol,
            number: Int,
            _ events: [[UInt8]],
            using generator: inout SplitMix
        ) throws {
            let id = "reader-\(number)"
            (client, script) = try FaultyStream.reader(clientProtocol, id: id)
            twin = client
            start = clientProtocol == .graphql ? #"{"id":""#.utf8.count + id.utf8.count : 0
            let stream = number > 1 ? perturbed(events, using: &generator) : events
            texts = stream.map { addressed($0, clientProtocol, reader: number, using: &generator) }[...]
        }

        /// Whether the text was kept for the number that the reader expects.
        func isKnown(_ text: [UInt8], in measurements: Measurements) -> Bool {
            text.count > start
                && measurements.recent.event(client.tracker.next, with: text.span.extracting(start...)) != nil
        }

        /// Gives the text to both.
        mutating func take(_ text: [UInt8], _ cached: inout Measurements, _ parsed: inout Measurements) {
            let frame = FrameParserTests.frame(0x81, text)
            client.receive(frame.span, script: script, into: &cached)
            twin.receive(frame.span, script: script, into: &parsed)
        }
    }

    /// An event's text; those of GraphQL begin behind the id.
    static func event(_ clientProtocol: ClientProtocol, _ index: Int, using generator: inout SplitMix) -> [UInt8] {
        // With the second epoch, where there is one, numbers start anew; back in the first they go on.
        let epoch = ["a", "b", "a"][index / 150]
        let number = 1000 + (clientProtocol == .plain && index >= 150 ? index - 150 : index)
        let times = [#","at":0.001"#, #","at":"now""#, "", #","at":253402300799000.5"#]
        let time = times[Int.random(in: 0..<times.count, using: &generator)]
        // One in sixteen is longer than what is kept.
        let isLong = Int.random(in: 0..<16, using: &generator) == 0
        let pad = String(repeating: "x", count: isLong ? 1200 : Int.random(in: 0..<300, using: &generator))
        let payload = #"{"data":{"tick":{"n":\#(number),"epoch":"\#(epoch)"\#(time),"pad":"\#(pad)"}}}"#
        switch clientProtocol {
        case .plain:
            let members = [#""type":"event""#, #""epoch":"\#(epoch)""#, #""sequence":\#(number)"#].shuffled(
                using: &generator
            )
            return Array(#"{\#(members.joined(separator: ",")),"payload":\#(payload)}"#.utf8)
        case .graphql: return Array(#"","type":"next","payload":\#(payload)}"#.utf8)
        case .payload, .sse: return Array(payload.utf8)
        }
    }

    /// The events as one reader gets them: some lost, twice, late, cut or with a byte changed.
    static func perturbed(_ events: [[UInt8]], using generator: inout SplitMix) -> [[UInt8]] {
        var stream: [[UInt8]] = []
        for event in events {
            switch Int.random(in: 0..<40, using: &generator) {
            case 0: break
            case 1: stream += [event, event]
            case 2: stream.insert(event, at: max(0, stream.count - 2))
            case 3: stream.append(event.dropLast(Int.random(in: 1...event.count, using: &generator)))
            case 4: stream.append(Array(#"{"type":"gap"}"#.utf8))
            case 5:
                var changed = event
                // Most faults in front, where the members are.
                let end = min(event.count, 90)
                changed[Int.random(in: 0..<end, using: &generator)] ^= 1 << UInt8.random(in: 0..<7, using: &generator)
                stream.append(changed)
            default: stream.append(event)
            }
        }
        return stream
    }

    /// The text with the reader's id in front, or sometimes another's, where the protocol has one.
    static func addressed(
        _ text: [UInt8],
        _ clientProtocol: ClientProtocol,
        reader: Int,
        using generator: inout SplitMix
    ) -> [UInt8] {
        guard clientProtocol == .graphql, text.first != UInt8(ascii: "{") else { return text }
        let isMistaken = reader > 1 && Int.random(in: 0..<50, using: &generator) == 0
        return Array(#"{"id":"reader-\#(isMistaken ? 9 : reader)"#.utf8) + text
    }

    /// A reader whose operation has this id.
    static func reader(_ clientProtocol: ClientProtocol, id: String) throws -> (LoadClient, ClientScript) {
        var (client, script) = try LoadClientTests.open(clientProtocol)
        if clientProtocol == .graphql {
            client.receive(LoadClientTests.text(#"{"type":"connection_ack"}"#).span, script: script)
            client.operationID = Array(id.utf8)
        }
        return (client, script)
    }

    /// Measurements of an open window whose clock stands at zero.
    static func measurements() -> Measurements {
        var measurements = Measurements(latency: LatencyRecorder(key: "at"), arrivals: Arrivals())
        measurements.noteRead(isSteady: true)
        measurements.isOpen = true
        return measurements
    }

    /// All that a reader has counted, as text.
    static func state(of client: LoadClient) -> String {
        "\(client.phase) \(client.counts) \(client.tracker.counts) \(client.errorText) \(client.output)"
    }
}
