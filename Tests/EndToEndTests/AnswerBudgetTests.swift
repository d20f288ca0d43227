import FanoutRelay
import GraphQLSession
import Testing

extension Loopback {
    /// Answers to queries whose clients read slowly, or not at all.
    @Suite(.timeLimit(.minutes(1)))
    struct AnswerBudgetTests {
        /// A query whose answer has so many bytes of text.
        private static func query(bytes: Int) -> String { "{ text(bytes: \(bytes)) }" }

        private static func post(_ query: String) -> [UInt8] {
            let body = #"{"query":"\#(query)"}"#
            let head = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            return Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
        }

        private static func subscribe(_ id: String, _ query: String) -> String {
            #"{"id":"\#(id)","type":"subscribe","payload":{"query":"\#(query)"}}"#
        }

        @Test func `three answers of 100 KB over a slow line come whole, in order, with events and pongs between`()
            async throws
        {
            try await Stage.scripted { stage, upstream in
                let peer = try await Peer.graphQL(stage, receiveBuffer: 4096)
                try await peer.subscribe("s", Stage.manualDocument())
                peer.pause()
                for id in ["1", "2", "3"] { peer.send(Self.subscribe(id, Self.query(bytes: 100_000))) }
                try await stage.metric("fanout_executions", reaches: 3)
                await upstream.emit(1)
                try await stage.metric("fanout_topic_events_total{topic=\"m\"}", reaches: 1)
                peer.resume()
                var completed: Set<String> = []
                var sawEvent = false
                while completed.count < 3 || !sawEvent {
                    let text = try await peer.text()
                    if text.contains(#""type":"complete""#) {
                        completed.insert(String(text.prefix(9)))
                    } else if text.contains(#""id":"s""#) {
                        sawEvent = true
                    } else {
                        #expect(text.utf8.count > 100_000)
                    }
                }
                try await peer.settle()
                try await stage.metric("fanout_executions", reaches: 0)
                try await stage.metric("fanout_answer_bytes", reaches: 0)
            }
        }

        @Test func `what is over a client's budget is an error with a code, and the client stays`() async throws {
            try await Stage.scripted(adjust: { $0.answers.bytesPerClient = 250_000 }) { stage, _ in
                let peer = try await Peer.graphQL(stage, receiveBuffer: 4096)
                peer.pause()
                for id in ["1", "2", "3", "4"] { peer.send(Self.subscribe(id, Self.query(bytes: 100_000))) }
                try await stage.metric("fanout_answers_dropped_total", reaches: 2)
                peer.resume()
                var results = 0
                var errors: [String] = []
                while results + errors.count < 4 {
                    let text = try await peer.text()
                    if text.contains(#""type":"error""#) { errors.append(text) }
                    if text.contains(#""type":"next""#) { results += 1 }
                }
                #expect(results == 2)
                #expect(errors.allSatisfy { $0.contains(#""code":"ANSWER_TOO_LARGE""#) })
                peer.send(Self.subscribe("1", "{ n }"))
                while try await !peer.text().contains(#""n":1"#) {}
            }
        }

        @Test func `clients that don't read hold no more than the budget, and a bystander is answered`() async throws {
            try await Stage.scripted(adjust: {
                $0.maximumExecutions = 300
                $0.answers.bytes = 8 << 20
                $0.answers.bytesPerClient = 2 << 20
                // On a busy machine sixty mebibytes take longer than the usual time, and who is cut off makes room for
                // others.
                $0.answers.readInterval = .seconds(600)
            }) { stage, _ in
                var deaf: [Peer] = []
                for index in 0..<60 {
                    if index % 2 == 0 {
                        let peer = try await Peer.graphQL(stage, receiveBuffer: 4096)
                        peer.pause()
                        peer.send(Self.subscribe("1", Self.query(bytes: 1 << 20)))
                        deaf.append(peer)
                    } else {
                        let peer = try Peer(port: stage.port, receiveBuffer: 4096)
                        peer.pause()
                        peer.send(raw: Self.post(Self.query(bytes: 1 << 20)))
                        deaf.append(peer)
                    }
                }
                // Six of a mebibyte and a little fit into seven eighths of it.
                try await stage.metric("fanout_answers_dropped_total", reaches: 54)
                let held = try await stage.metric("fanout_answer_bytes")
                #expect(held > 6 << 20)
                #expect(held <= 8 << 20)
                let bystander = try await Peer.graphQL(stage)
                bystander.send(Self.subscribe("1", "{ n }"))
                #expect(try await bystander.text("next").contains(#""n":1"#))
                let other = try await Peer(port: stage.port).post(
                    "/graphql",
                    #"{"query":"\#(Self.query(bytes: 1 << 20))"}"#,
                    headers: "Content-Type: application/json\r\n"
                )
                #expect(other.status == 503)
                #expect(other.body.contains("ANSWERS_OVER_BUDGET"))
                deaf = []
                try await stage.metric("fanout_answer_bytes", reaches: 0)
                try await stage.metric("fanout_executions", reaches: 0)
            }
        }

        @Test(arguments: [true, false])
        func `a reader of a byte now and then is ended, and its place is free`(overHTTP: Bool) async throws {
            try await Stage.scripted(adjust: {
                $0.answers.readInterval = .milliseconds(400)
                $0.answers.slowestReader = 20_000
            }) { stage, _ in
                let query = Self.query(bytes: 300_000)
                let peer =
                    overHTTP
                    ? try Peer(port: stage.port, receiveBuffer: 4096)
                    : try await Peer.graphQL(stage, receiveBuffer: 4096)
                peer.pause()
                peer.send(
                    raw: overHTTP ? Self.post(query) : PeerFrame.masked(1, Array(Self.subscribe("1", query).utf8))
                )
                try await stage.metric("fanout_executions", reaches: 1)
                while try await stage.metric("fanout_slow_readers_total") == 0 { peer.take(atMost: 1) }
                peer.resume()
                if overHTTP {
                    #expect(await peer.textToEnd().utf8.count < 300_000)
                } else {
                    #expect(await peer.closing() == .close(1013, "Too slow: an answer was hardly read"))
                }
                try await stage.metric("fanout_executions", reaches: 0)
                try await stage.metric("fanout_answer_bytes", reaches: 0)
            }
        }

        @Test(arguments: [true, false])
        func `a slow but honest reader is served to the end, however long it takes`(overHTTP: Bool) async throws {
            try await Stage.scripted(adjust: {
                // What takes longer than several of its intervals.
                $0.answers.readInterval = .milliseconds(250)
                $0.answers.slowestReader = 4000
            }) { stage, _ in
                let query = Self.query(bytes: 200_000)
                let peer =
                    overHTTP
                    ? try Peer(port: stage.port, receiveBuffer: 4096)
                    : try await Peer.graphQL(stage, receiveBuffer: 4096)
                peer.pause()
                peer.send(
                    raw: overHTTP ? Self.post(query) : PeerFrame.masked(1, Array(Self.subscribe("1", query).utf8))
                )
                let clock = ContinuousClock()
                let end = clock.now + .milliseconds(1500)
                while clock.now < end {
                    peer.take(atMost: 2000)
                    try await clock.sleep(for: .milliseconds(40))
                }
                #expect(try await stage.metric("fanout_executions") == 1)
                peer.resume()
                if overHTTP {
                    let head = try await peer.head()
                    #expect(head.hasPrefix("HTTP/1.1 200"))
                    #expect(
                        try await peer.body(Int(try #require(head.lowercased().number(after: "content-length: ")))).utf8
                            .count > 200_000
                    )
                } else {
                    #expect(try await peer.text("next").utf8.count > 200_000)
                    #expect(try await peer.text() == #"{"id":"1","type":"complete"}"#)
                }
                #expect(try await stage.metric("fanout_slow_readers_total") == 0)
            }
        }

        @Test func `P19 an id that was completed is free for the next operation, whose answer is its own`() async throws
        {
            try await Stage.scripted { stage, _ in
                let peer = try await Peer.graphQL(stage, receiveBuffer: 4096)
                peer.pause()
                for id in ["1", "2"] { peer.send(Self.subscribe(id, Self.query(bytes: 100_000))) }
                try await stage.metric("fanout_executions", reaches: 2)
                while try await stage.metric("fanout_answer_bytes") < 200_000 {}
                peer.send(#"{"id":"1","type":"complete"}"#)
                peer.send(#"{"id":"2","type":"complete"}"#)
                for id in ["1", "2"] { peer.send(Self.subscribe(id, "{ n }")) }
                peer.resume()
                var own = 0
                var old = 0
                while own < 2 {
                    let text = try await peer.text()
                    if text.contains(#""n":1"#) { own += 1 } else if text.contains(#""type":"next""#) { old += 1 }
                }
                // One was cut by the kernel's buffer and had to be finished; the other was forgotten.
                #expect(old == 1)
            }
        }
    }
}
