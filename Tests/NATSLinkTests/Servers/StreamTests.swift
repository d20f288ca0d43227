#if Cluster
import NATSLink
import NATSServers
import Testing

/// JetStream on real servers.
@Suite(.enabled(if: !NATSServerProcess.areMissing), .timeLimit(.minutes(1)))
struct StreamTests {
    private static let limit = Duration.seconds(10)

    private static let configuration = StreamConfiguration(
        name: "LOG",
        subjects: [.of("log")],
        republishedTo: .of("out"),
        maximumBytes: 1 << 24,
        maximumAge: .seconds(600)
    )

    private static func append(
        _ payload: [UInt8],
        after last: UInt64,
        on driver: LinkDriver
    ) async throws -> AppendOutcome {
        try await driver.answer { link, receive in
            link.append(payload, to: .of("log"), of: "LOG", after: last, within: limit, receive: receive)
        }
    }

    /// A server with the stream on it, and a link to it.
    private static func stage(_ program: String) async throws -> (NATSServerProcess, LinkDriver) {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.connect(to: server)
        _ = try await driver.create(configuration, within: limit)
        return (server, driver)
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a server without JetStream is told by its kind`(program: String) async throws {
        let server = try NATSServerProcess(program, hasStreams: false)
        let driver = try await LinkDriver.connect(to: server)
        await #expect(throws: JetStreamFailure.noResponders) { try await driver.account(within: Self.limit) }
        await #expect(throws: JetStreamFailure.noResponders) { try await driver.stream("LOG", within: Self.limit) }
        #expect(
            try await Self.append([1], after: 0, on: driver)
                == .unavailable("nobody takes it: no stream has the subject, or it has no leader")
        )
        #expect(try await driver.get(.sequence(1), of: "LOG") == [.failure(.noResponders)])
        await driver.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `an account without JetStream is told by its error`(program: String) async throws {
        let lines = "accounts { A { users: [{ user: a, password: a }] } }\nno_auth_user: a"
        let server = try NATSServerProcess(program, lines: lines)
        let driver = try await LinkDriver.connect(to: server)
        let error = await #expect(throws: JetStreamFailure.self) { try await driver.account(within: Self.limit) }
        guard case .rejected(let rejection) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(rejection.errorCode == JetStreamError.Known.notEnabled)
        await driver.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a stream is as it was wanted, and one that differs stays as it is`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.connect(to: server)
        let error = await #expect(throws: JetStreamFailure.self) { try await driver.stream("LOG", within: Self.limit) }
        guard case .rejected(let rejection) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(rejection.errorCode == JetStreamError.Known.streamNotFound)
        let created = try await driver.create(Self.configuration, within: Self.limit)
        #expect(created.differences(from: Self.configuration).isEmpty)
        #expect(try await driver.account(within: Self.limit).streams == 1)
        // The same once more is no error.
        #expect(try await driver.create(Self.configuration, within: Self.limit).settings == created.settings)
        var other = Self.configuration
        other.maximumBytes = 1 << 25
        other.maximumAge = nil
        let refusal = await #expect(throws: JetStreamFailure.self) {
            try await driver.create(other, within: Self.limit)
        }
        guard case .rejected(let inUse) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(inUse.errorCode == JetStreamError.Known.streamNameInUse)
        let info = try await driver.stream("LOG", within: Self.limit)
        #expect(info.settings == created.settings)
        #expect(
            info.differences(from: other) == [
                "its max_bytes is 16777216, wanted is 33554432", "its max_age is 600.0 seconds, wanted is unlimited",
            ]
        )
        #expect([info.messages, info.firstSequence, info.lastSequence] == [0, 0, 0])
        await driver.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `of twenty that append at the same place exactly one wins`(program: String) async throws {
        let (server, first) = try await Self.stage(program)
        var drivers = [first]
        for _ in 1..<20 { drivers.append(try await LinkDriver.connect(to: server)) }
        for last in UInt64(0)..<10 {
            let outcomes = try await withThrowingTaskGroup(of: AppendOutcome.self) { group in
                for (number, driver) in drivers.enumerated() {
                    group.addTask { try await Self.append([UInt8(number)], after: last, on: driver) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == .stored(last + 1) }.count == 1)
            #expect(outcomes.filter { $0 == .conflict(last: last + 1) }.count == 19)
        }
        for driver in drivers { await driver.end() }
    }

    // Trap 6 of the cluster's reference: who reads the published subject sees what the stream refused.
    @Test(arguments: NATSServerProcess.programs)
    func `what is republished has its sequence, and only what was stored`(program: String) async throws {
        let (server, driver) = try await Self.stage(program)
        defer { server.kill() }
        let raw = try await driver.deliveries(of: .of("log"))
        let stored = try await driver.deliveries(of: .of("out"))
        try await driver.settle()
        #expect(try await Self.append([1], after: 0, on: driver) == .stored(1))
        #expect(try await Self.append([2], after: 0, on: driver) == .conflict(last: 1))
        #expect(try await Self.append([3], after: 1, on: driver) == .stored(2))
        #expect(await raw.messages(3).map(\.payload) == [[1], [2], [3]])
        let messages = await stored.messages(2)
        #expect(messages.map(\.payload) == [[1], [3]])
        #expect(messages.map(\.headers.sequence) == [1, 2])
        #expect(messages.map(\.headers.lastSequence) == [0, 1])
        #expect(messages.map(\.headers.subject) == ["log", "log"])
        await driver.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `messages are got by their place, one or many at once`(program: String) async throws {
        let (server, driver) = try await Self.stage(program)
        for number in UInt64(1)...20 {
            #expect(try await Self.append([UInt8(number)], after: number - 1, on: driver) == .stored(number))
        }
        let all = (UInt64(1)...20).map { StoredMessage(sequence: $0, subject: "log", payload: [UInt8($0)]) }
        #expect(try await driver.get(.sequence(7), of: "LOG") == [.message(all[6], isLast: true)])
        #expect(try await driver.get(.last(of: .of("log")), of: "LOG") == [.message(all[19], isLast: true)])
        for missing in [DirectGet.sequence(21), .last(of: .of("other")), .batch(from: 21, count: 10, bytes: 1000)] {
            #expect(try await driver.get(missing, of: "LOG") == [.missing])
        }
        // Servers before 2.10 say nothing of a stream that isn't there.
        let silence: JetStreamFailure = server.knowsBatches ? .noResponders : .timedOut
        #expect(try await driver.get(.sequence(1), of: "NONE", within: .milliseconds(500)) == [.failure(silence)])
        let batch = try await driver.get(.batch(from: 3, count: 10, bytes: 1 << 20), of: "LOG")
        if server.knowsBatches {
            #expect(batch.dropLast() == all[2..<12].map { .message($0, isLast: false) }[...])
            #expect(batch.last == .end(pending: 8, last: 12))
        } else {
            #expect(batch == [.message(all[2], isLast: true)])
        }
        await driver.end()
    }

    // Trap 8 of the cluster's reference, which `StreamConfiguration.flaw` keeps away.
    @Test(arguments: NATSServerProcess.programs)
    func `a message as large as the whole history empties it, and is acknowledged`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.connect(to: server)
        var small = Self.configuration
        small.maximumBytes = 1000
        #expect(small.flaw(largestMessage: 1000) != nil)
        _ = try await driver.create(small, within: Self.limit)
        #expect(try await Self.append([1], after: 0, on: driver) == .stored(1))
        #expect(try await Self.append([UInt8](repeating: 2, count: 1000), after: 1, on: driver) == .stored(2))
        let info = try await driver.stream("LOG", within: Self.limit)
        #expect([info.messages, info.lastSequence] == [0, 2])
        await driver.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `an append whose answer is lost with the server is unknown, and found out by the stream's end`(
        program: String
    ) async throws {
        let (server, driver) = try await Self.stage(program)
        #expect(try await Self.append([1], after: 0, on: driver) == .stored(1))
        server.stop()
        let (outcomes, told) = AsyncStream.makeStream(of: AppendOutcome.self)
        try await driver.use { link in
            link.append([2], to: .of("log"), of: "LOG", after: 1, within: Self.limit) { told.yield($0) }
        }
        server.kill()
        #expect(await outcomes.first { _ in true } == .unknown(.connectionLost))
        try server.start()
        await driver.event(where: \.isConnected)
        let last = try await driver.stream("LOG", within: Self.limit).lastSequence
        #expect(try await Self.append([2], after: last, on: driver) == .stored(last + 1))
        await driver.end()
    }
}
#endif
