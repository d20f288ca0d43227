import Backoffs
import DemoUpstream
import Fanout
import FanoutRelay
import GraphQLSession
import Testing

extension Loopback {
    @Suite(.timeLimit(.minutes(1)))
    struct OutageTests {
        /// Something that ends the upstream link.
        struct Outage: CustomTestStringConvertible {
            let testDescription: String
            let begin: @Sendable (DemoUpstream) async -> Void
        }

        private static func fault(_ fault: DemoUpstream.Fault) -> Outage {
            Outage(testDescription: "\(fault)") { upstream in
                await upstream.setFault(fault)
                await upstream.setFault(.none)
            }
        }

        private static func drop(_ code: UInt16?) -> Outage {
            Outage(testDescription: code.map { "closed with \($0)" } ?? "cut") { await $0.dropLinks(code: code) }
        }

        /// The next two links, and perhaps more, have the fault.
        private static func forAWhile(_ fault: DemoUpstream.Fault) -> Outage {
            Outage(testDescription: "\(fault) for a while") { upstream in
                let before = await upstream.statistics.sockets.total
                await upstream.setFault(fault)
                await upstream.dropLinks(code: 1001)
                _ = await upstream.statistics { $0.sockets.total >= before + 2 }
                await upstream.setFault(.none)
            }
        }

        @Test(arguments: [
            drop(nil), drop(1000), drop(1001), drop(1012), drop(1013), drop(4403), drop(4409), drop(4500), drop(4999),
            Outage(testDescription: "reset") { await $0.resetLinks() },
            fault(.garbage), fault(.invalidMessage), fault(.endTwice),
            fault(.oversized(bytes: 2_000_000)), fault(.hugePayload(bytes: 200_000)), fault(.silent),
            forAWhile(.nextBeforeAck), forAWhile(.acknowledgeLate(after: .milliseconds(300))),
            Outage(testDescription: "refused for a while") { upstream in
                await upstream.setFault(.refuseUpgrade(status: 503))
                await upstream.dropLinks(code: nil)
                _ = await upstream.statistics { $0.sockets.now == 0 }
                await upstream.setFault(.none)
            },
            forAWhile(.closeBeforeAck(code: 1013)), forAWhile(.neverAcknowledge),
        ])
        func `clients keep their sockets through an outage, and are told of it`(outage: Outage) async throws {
            try await Stage.run([Stage.manual()], shards: 2) { configuration in
                configuration.session.probe = .graphQL
                configuration.session.pingInterval = .milliseconds(200)
                configuration.session.pongTimeout = .milliseconds(200)
                configuration.session.acknowledgementTimeout = .milliseconds(200)
                configuration.session.maximumMessageSize = 100_000
                configuration.session.fatalPause = .milliseconds(20)
            } _: { stage in
                var plain: [Peer] = []
                for _ in 0..<3 { plain.append(try await .plain(stage)) }
                var silent = [try await Peer.plain(stage, "/topics/m?format=payload")]
                for _ in 0..<2 {
                    let peer = try await Peer.graphQL(stage)
                    try await peer.subscribe("1", Stage.manualDocument())
                    silent.append(peer)
                }
                await stage.upstream.emit(3)
                for peer in plain + silent { #expect(try await peer.numbers(3) == [1, 2, 3]) }

                for round in 1...2 as ClosedRange<UInt64> {
                    let before = await stage.upstream.statistics.operations.total
                    await outage.begin(stage.upstream)
                    _ = await stage.upstream.statistics { $0.operations.total > before && $0.operations.now == 1 }
                    await stage.upstream.emit(3)

                    let first = 3 * round + 1
                    for peer in plain {
                        #expect(try await peer.text().hasSuffix(#","upstream":"interrupted"}"#))
                        let gap = try await peer.text("gap")
                        #expect(gap.number(after: #""sequence":"#) == first - 1)
                        #expect(try await peer.text().hasSuffix(#","upstream":"live"}"#))
                        for number in first..<first + 3 {
                            #expect(try await peer.text().number(after: #""sequence":"#) == number)
                        }
                    }
                    for peer in silent { #expect(try await peer.numbers(3) == Array(first..<first + 3)) }
                }
                #expect(await stage.upstream.statistics.sockets.now == 1)
                #expect(await stage.upstream.statistics.operations.now == 1)
                #expect(try await stage.metric("fanout_clients") == 6)
                #expect(try await stage.metric(#"fanout_topic_gaps_total{topic="m"}"#) == 2)
            }
        }

        @Test func `events that the upstream made meanwhile are missing behind the gap, numbers are not`() async throws
        {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.plain(stage)
                await stage.upstream.emit(2)
                #expect(try await peer.numbers(2) == [1, 2])
                await stage.upstream.setFault(.refuseUpgrade(status: 503))
                await stage.upstream.dropLinks(code: 1001)
                try await stage.readiness(becomes: 503)
                await stage.upstream.emit(5)
                await stage.upstream.setFault(.none)
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(1)
                #expect(try await peer.text("gap").number(after: #""sequence":"#) == 2)
                let event = try await peer.text("event")
                #expect(event.number(after: #""n":"#) == 8)
                #expect(event.number(after: #""sequence":"#) == 3)
                #expect(try await stage.get("/readyz").status == 200)
            }
        }

        @Test func `an upstream that refuses to initialise is asked again, and the refusal is logged once`()
            async throws
        {
            try await Stage.run([Stage.manual()], fault: .refuseInit) {
                $0.session.fatalPause = .milliseconds(1)
            } _: { stage in
                let peer = try await Peer.plain(stage)
                #expect(try await peer.text().hasSuffix(#","upstream":"waiting"}"#))
                let graphQL = try await Peer.graphQL(stage)
                try await graphQL.subscribe("1", Stage.manualDocument())
                _ = await stage.upstream.statistics { $0.sockets.total >= 5 }
                let answer = try await stage.get("/readyz")
                #expect(answer.status == 503)
                #expect(answer.body.hasPrefix("the upstream is not connected: closed by the server with 4403"))
                // Who comes by another name is told the status only.
                let stranger = try stage.connect()
                stranger.send(raw: Array("GET /readyz HTTP/1.1\r\nHost: evil.example\r\n\r\n".utf8))
                let size = try await stranger.head().lowercased().number(after: "content-length: ") ?? 0
                #expect(try await stranger.body(Int(size)) == "the upstream is not connected\n")
                #expect(try await stage.get("/healthz").status == 200)
                await stage.upstream.setFault(.none)
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(2)
                #expect(try await peer.numbers(2) == [1, 2])
                #expect(try await graphQL.numbers(2) == [1, 2])
                try await stage.readiness(becomes: 200)
                let refusals = stage.log.lines.filter { $0.contains("upstream not connected") }
                #expect(refusals.count == 1)
                #expect(refusals.first?.hasPrefix("warning") == true)
                #expect(refusals.first?.contains("4403: Forbidden") == true)
            }
        }

        @Test func `a message of over sixteen times the limit drops the link with 1009, logged`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.session.maximumMessageSize = 50_000
            } _: { stage in
                await stage.upstream.setFault(.oversized(bytes: 16 * 50_000 + 1))
                await stage.upstream.setFault(.none)
                _ = await stage.upstream.statistics { $0.operations.total == 2 && $0.operations.now == 1 }
                #expect(stage.log.lines.contains { $0.contains("upstream not connected") && $0.contains("1009") })
            }
        }

        @Test func `a payload at the upstream's limit passes`() async throws {
            try await Stage.run([Stage.manual(bytes: 40_000)]) { configuration in
                configuration.session.maximumMessageSize = 41_000
            } _: { stage in
                let peer = try await Peer.plain(stage)
                await stage.upstream.emit(2)
                #expect(try await peer.numbers(2) == [1, 2])
            }
        }

        @Test func `a topic that the upstream refuses is an error for everyone, and no hot loop`() async throws {
            let failing = try TopicDefinition(name: "failing", document: "subscription { failing }")
            try await Stage.run([failing, Stage.manual()]) {
                $0.retrySubscribe = .constant(.seconds(60))
            } _: { stage in
                let plain = try await Peer.plain(stage, "/topics/failing")
                let told = try await plain.text("error")
                #expect(told == #"{"type":"error","topic":"failing","errors":[{"message":"this field always fails"}]}"#)

                let good = try await Peer.graphQL(stage)
                try await good.subscribe("m", Stage.manualDocument())
                for id in ["1", "2", "1"] {
                    try await good.subscribe(id, "subscription { failing }")
                    let error = #"{"id":"\#(id)","type":"error","payload":[{"message":"this field always fails"}]}"#
                    #expect(try await good.text() == error)
                }
                let late = try await Peer.plain(stage, "/topics/failing")
                #expect(try await late.text() == #"{"type":"status","topic":"failing","upstream":"failed"}"#)
                #expect(try await late.text() == told)

                for number in 1...50 as ClosedRange<UInt64> {
                    await stage.upstream.emit(1)
                    #expect(try await good.number() == number)
                }
                #expect(await stage.upstream.statistics.operations.total == 2)
                #expect(try await stage.metric(#"fanout_topic_errors_total{topic="failing"}"#) == 1)
                #expect(try await stage.metric("fanout_subscriptions") == 3)
            }
        }

        @Test func `a refusal is told once, however often it is tried again`() async throws {
            let failing = try TopicDefinition(name: "failing", document: "subscription { failing }")
            try await Stage.run([failing]) { stage in
                let plain = try await Peer.plain(stage, "/topics/failing")
                _ = try await plain.text("error")
                _ = await stage.upstream.statistics { $0.operations.total >= 10 }
                #expect(await stage.upstream.statistics.sockets.total == 1)
                try await plain.settle()
                #expect(plain.pending.isEmpty)
                #expect(stage.log.lines.count { $0.contains("refuses") } == 1)
            }
        }

        @Test func `an operation that completes is started again`() async throws {
            let countdown = try TopicDefinition(
                name: "countdown",
                document: "subscription { countdown(from: 2, intervalMs: 1) }"
            )
            try await Stage.run([countdown]) { stage in
                let peer = try await Peer.plain(stage, "/topics/countdown")
                var last: UInt64 = 0
                var gaps = 0
                while gaps < 3 {
                    let text = try await peer.text()
                    guard let sequence = text.number(after: #""sequence":"#) else { continue }
                    if text.contains(#""type":"gap""#) {
                        gaps += 1
                    } else {
                        if last > 0 { #expect(sequence == last + 1) }
                        last = sequence
                    }
                }
                #expect(await stage.upstream.statistics.sockets.total == 1)
            }
        }
    }
}
