import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    @Suite(.timeLimit(.minutes(1)))
    struct FanoutTests {
        @Test func `50 subscribers of all dialects get the same events over one link and one operation`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                var peers: [Peer] = []
                for _ in 0..<20 { peers.append(try await .plain(stage)) }
                for _ in 0..<10 { peers.append(try await .plain(stage, "/topics/m?format=payload")) }
                for index in 0..<20 {
                    let peer = try await Peer.graphQL(stage)
                    switch index % 4 {
                    case 0: try await peer.subscribe("1", "subscription { manual { n } }")
                    case 1: try await peer.subscribe("\(index)", "subscription{manual{n}}# the same")
                    case 2: try await peer.subscribe("a-long-id-\(index)", "", operationName: "m")
                    default: try await peer.subscribe("1", #"subscription\n{ manual, { n, } }"#)
                    }
                    peers.append(peer)
                }
                for _ in 0..<30 { await stage.upstream.emit(1) }
                await stage.upstream.emit(90)
                for peer in peers { #expect(try await peer.numbers(120) == Array(1...120)) }
                let statistics = await stage.upstream.statistics
                #expect(statistics.sockets.total == 1)
                #expect(statistics.operations.total == 1)
                #expect(try await stage.metric("fanout_subscriptions") == 50)
            }
        }

        @Test func `every dialect has its own frames`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let (plain, payload) = (
                    try await Peer.plain(stage), try await Peer.plain(stage, "/topics/m?format=payload")
                )
                let graphQL = try await Peer.graphQL(stage)
                try await graphQL.subscribe("é", Stage.manualDocument())
                await stage.upstream.emit(1)
                let event = try await plain.text("event")
                #expect(event.hasPrefix(#"{"type":"event","topic":"m","epoch":""#))
                #expect(event.hasSuffix(#"","sequence":1,"payload":{"data":{"manual":{"n":1}}}}"#))
                #expect(try await payload.text() == #"{"data":{"manual":{"n":1}}}"#)
                #expect(
                    try await graphQL.text() == #"{"id":"é","type":"next","payload":{"data":{"manual":{"n":1}}}}"#
                )
            }
        }

        @Test func `a snapshot is the last event, in front of the next ones`() async throws {
            try await Stage.run([Stage.manual("m", snapshot: .last), Stage.manual("now", bytes: 1)]) { stage in
                let first = try await Peer.plain(stage)
                let now = try await Peer.plain(stage, "/topics/now")
                await stage.upstream.emit(3)
                #expect(try await first.numbers(3) == [1, 2, 3])
                #expect(try await now.numbers(3) == [1, 2, 3])
                let late = [
                    try await Peer.plain(stage), try await Peer.plain(stage, "/topics/m?format=payload"),
                    try await Peer.graphQL(stage),
                ]
                try await late[2].subscribe("1", Stage.manualDocument())
                let lateNow = try await Peer.plain(stage, "/topics/now")
                await stage.upstream.emit(2)
                for peer in late { #expect(try await peer.numbers(3) == [3, 4, 5]) }
                #expect(try await lateNow.numbers(2) == [4, 5])
            }
        }

        @Test func `one client follows many topics, each in its order`() async throws {
            let topics = try (1...30).map { try Stage.manual("t\($0)", bytes: $0) }
            try await Stage.run(topics) { stage in
                let peer = try await Peer.graphQL(stage)
                for index in 1...30 { try await peer.subscribe("id\(index)", Stage.manualDocument(bytes: index)) }
                for _ in 0..<5 { await stage.upstream.emit(4) }
                var last: [UInt64: UInt64] = [:]
                for _ in 0..<(30 * 20) {
                    let text = try await peer.text("next")
                    let id = try #require(text.number(after: #"{"id":"id"#))
                    let event = try #require(text.number(after: #""n":"#))
                    #expect(event == last[id, default: 0] + 1)
                    last[id] = event
                }
                #expect(last.count == 30)
                #expect(last.values.allSatisfy { $0 == 20 })
                #expect(await stage.upstream.statistics.operations.total == 30)
            }
        }

        @Test func `two operations of one client on one topic both get every event`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("a", Stage.manualDocument())
                try await peer.subscribe("b", Stage.manualDocument())
                await stage.upstream.emit(10)
                var numbers: [String: [UInt64]] = [:]
                for _ in 0..<20 {
                    let text = try await peer.text("next")
                    numbers[text.contains(#""id":"a""#) ? "a" : "b", default: []].append(
                        try #require(text.number(after: #""n":"#))
                    )
                }
                #expect(numbers == ["a": Array(1...10), "b": Array(1...10)])
            }
        }

        @Test func `coming and going under way leaves no subscriber behind`() async throws {
            try await Stage.run([Stage.manual(), Stage.manual("n", bytes: 10)], shards: 2) { stage in
                let witness = try await Peer.plain(stage)
                var events: UInt64 = 0
                for round in 0..<12 {
                    var peers: [Peer] = []
                    for index in 0..<5 {
                        let peer = try await Peer.graphQL(stage)
                        for operation in 0..<4 {
                            let document = Stage.manualDocument(bytes: operation % 2 * 10)
                            try await peer.subscribe("\(operation)", document)
                            await stage.upstream.emit(1)
                            events += 1
                        }
                        for operation in 0..<(index % 5) { peer.send(#"{"id":"\#(operation)","type":"complete"}"#) }
                        await stage.upstream.emit(1)
                        events += 1
                        // Every second one leaves without a word, every other one is read first.
                        if (round + index) % 2 == 0 { try await peer.settle() }
                        peers.append(peer)
                    }
                }
                #expect(try await witness.numbers(Int(events)) == Array(1...events))
                try await stage.metric("fanout_subscriptions", reaches: 1)
                try await stage.metric("fanout_clients", reaches: 1)
                #expect(try await stage.metric("fanout_clients_opened_total") == 61)
                #expect(await stage.upstream.statistics.operations.now == 2)
            }
        }
    }
}
