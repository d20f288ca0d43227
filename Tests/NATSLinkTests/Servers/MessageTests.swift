#if Cluster
import NATSLink
import NATSServers
import Testing

/// What is published, asked and answered.
@Suite(.enabled(if: !NATSServerProcess.areMissing), .timeLimit(.minutes(1)))
struct MessageTests {
    @Test(arguments: NATSServerProcess.programs)
    func `a request has one answer, or nobody's, or none in time`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let (asking, answering) = (try await LinkDriver.connect(to: server), try await LinkDriver.connect(to: server))
        try await answering.echo(.of("echo"))
        _ = try await answering.deliveries(of: .of("silence"))
        try await answering.settle()
        guard case .message(let answer) = try await asking.ask("hello", at: "echo") else {
            Issue.record("no message")
            return
        }
        #expect(answer.payload == Array("hello".utf8))
        #expect(answer.subject.hasPrefix("_INBOX."))
        #expect(try await asking.ask("hello", at: "nobody") == .noResponders)
        #expect(try await asking.ask("hello", at: "silence", within: .milliseconds(50)) == .timedOut)
        await asking.end()
        await answering.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a request that is under way when its server dies ends without an answer`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.connect(to: server)
        var deliveries = try await driver.deliveries(of: .of("silence")).makeAsyncIterator()
        async let answer = driver.ask("hello", at: "silence")
        _ = await deliveries.next()
        server.kill()
        #expect(try await answer == .connectionLost)
        await driver.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `ten thousand messages arrive once each, in order`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let (writer, reader) = (try await LinkDriver.connect(to: server), try await LinkDriver.connect(to: server))
        let deliveries = try await reader.deliveries(of: .of("burst"))
        try await reader.settle()
        let expected = (0..<10_000).map { Array("\($0)".utf8) }
        try await writer.use { link in
            for payload in expected { #expect(link.publish(payload, to: .of("burst")) == nil) }
        }
        #expect(await deliveries.messages(expected.count).map(\.payload) == expected)
        await writer.end()
        await reader.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `what is larger than the server takes isn't sent, and costs no connection`(program: String) async throws {
        let server = try NATSServerProcess(program, lines: "max_payload: 1000")
        let driver = try await LinkDriver.connect(to: server)
        let deliveries = try await driver.deliveries(of: .of("a"))
        // The header takes 44 bytes.
        for (size, lastSequence, expected) in [
            (1001, nil, .tooLarge(size: 1001, limit: 1000)), (1000, nil, nil),
            (957, 1, .tooLarge(size: 1001, limit: 1000)), (956, 1, nil),
        ] as [(Int, UInt64?, NATSRefusal?)] {
            let payload = [UInt8](repeating: 7, count: size)
            let refusal = try await driver.use { $0.publish(payload, to: .of("a"), lastSequence: lastSequence) }
            #expect(refusal == expected)
        }
        #expect(await deliveries.messages(2).map(\.payload.count) == [1000, 956])
        #expect(await driver.events.count == 1)
        await driver.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a reader that is too slow is told, and goes on`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let (writer, reader) = (try await LinkDriver.connect(to: server), try await LinkDriver.connect(to: server))
        let limit = NATSLinkConfiguration.PendingLimit(messages: 1)
        let deliveries = try await reader.deliveries(of: .of("a"), limit: limit)
        try await reader.settle()
        // One that waits is one too many for the next, as long as the loop hasn't been woken.
        try await writer.use { link in
            for number in 0..<10_000 { #expect(link.publish(Array("\(number)".utf8), to: .of("a")) == nil) }
        }
        var numbers: [Int] = []
        for await delivery in deliveries {
            guard case .messages(let messages) = delivery else { break }
            numbers += messages.compactMap { Int(String(decoding: $0.payload, as: UTF8.self)) }
        }
        #expect(numbers == Set(numbers).sorted(), "none comes twice or out of order")
        try await writer.settle()
        try await reader.settle()
        // Now that nothing else comes, each message finds room.
        #expect(try await writer.use { $0.publish([0], to: .of("a")) } == nil)
        for await delivery in deliveries {
            guard case .messages(let messages) = delivery, messages.last?.payload == [0] else { continue }
            break
        }
        await writer.end()
        await reader.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `what waits to be written, and for answers, is bounded`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.connect(to: server) {
            $0.outgoingLimit = 1 << 20
            $0.requestLimit = 2
            $0.writeTimeout = .seconds(30)
        }
        _ = try await driver.deliveries(of: .of("silence"))
        try await driver.settle()
        let refusal = try await driver.use { link in
            var outcomes: [NATSAnswer] = []
            for _ in 0..<3 { link.request([], to: .of("silence"), within: .seconds(50)) { outcomes.append($0) } }
            return outcomes
        }
        #expect(refusal == [.refused(.tooManyRequests)])
        // Then the socket takes no more, and the loop doesn't notice.
        server.stop()
        let payload = [UInt8](repeating: 7, count: 1 << 19)
        var refused: NATSRefusal?
        for _ in 0..<1000 where refused == nil { refused = try await driver.use { $0.publish(payload, to: .of("a")) } }
        #expect(refused == .outboxFull)
        server.kill()
        await driver.event(where: \.isDisconnected)
        await driver.end()
    }
}
#endif
