import GraphQLTransport
import Testing
import WebSockets

@testable import GraphQLSession

@Suite(.timeLimit(.minutes(1)))
struct PayloadMailboxTests {
    /// Some other actor than the tests'.
    private actor Reader {
        func texts(of mailbox: PayloadMailbox) async throws -> [String] {
            var texts: [String] = []
            while let batch = try await mailbox.take(isolation: self) { texts += batch.texts }
            return texts
        }
    }

    @Test func `everything that waits comes as one batch, in order`() async throws {
        let mailbox = PayloadMailbox(limit: 1_000)
        for number in 1...5 { mailbox.append(Wire.payload(number)) }
        let batch = try #require(try await mailbox.take(isolation: nil))
        #expect(batch.texts == (1...5).map(Wire.payload))
        #expect(batch.dropped == 0)
        #expect(batch.ends.last == batch.bytes.count)
    }

    @Test func `a batch tells when its first payload arrived`() async throws {
        let mailbox = PayloadMailbox(limit: 1_000)
        let before = EventLoop.now
        mailbox.append(Wire.payload(1))
        let after = EventLoop.now
        while EventLoop.now == after {}
        mailbox.append(Wire.payload(2))
        let batch = try #require(try await mailbox.take(isolation: nil))
        #expect(try (before...after).contains(#require(batch.arrival)))
        mailbox.append(Wire.payload(3))
        #expect(try #require(try await mailbox.take(isolation: nil)?.arrival) > after)
    }

    @Test func `a payload is the named part of its message`() async throws {
        let mailbox = PayloadMailbox(limit: 1_000)
        let message = Array("head{}tail".utf8)
        mailbox.append(4..<6, of: message.span)
        #expect(try await mailbox.take(isolation: nil)?.texts == ["{}"])
    }

    @Test func `over the limit the oldest is dropped and counted`() async throws {
        let mailbox = PayloadMailbox(limit: 30)
        for number in 0..<10 { mailbox.append("payload \(number)!") }
        let batch = try #require(try await mailbox.take(isolation: nil))
        #expect(batch.texts == (7..<10).map { "payload \($0)!" })
        #expect(batch.dropped == 7)
        mailbox.append("next")
        #expect(try await mailbox.take(isolation: nil)?.dropped == 0)
    }

    @Test func `the limit itself is allowed, and one payload of any size`() async throws {
        let mailbox = PayloadMailbox(limit: 20)
        mailbox.append("payload 0!")
        mailbox.append("payload 1!")
        #expect(try await mailbox.take(isolation: nil)?.count == 2)
        let large = String(repeating: "x", count: 100)
        mailbox.append(large)
        #expect(try await mailbox.take(isolation: nil)?.texts == [large])
        mailbox.append("small")
        mailbox.append(large)
        let batch = try await mailbox.take(isolation: nil)
        #expect(batch?.texts == [large])
        #expect(batch?.dropped == 1)
    }

    @Test func `what waits comes before the end, and nothing after it`() async throws {
        let mailbox = PayloadMailbox(limit: 1_000)
        mailbox.append("a")
        mailbox.finish(nil)
        mailbox.append("b")
        mailbox.finish(SessionError.closed)
        #expect(try await mailbox.take(isolation: nil)?.texts == ["a"])
        #expect(try await mailbox.take(isolation: nil) == nil)
        #expect(try await mailbox.take(isolation: nil) == nil)
    }

    @Test func `an error comes after what waits`() async throws {
        let mailbox = PayloadMailbox(limit: 1_000)
        mailbox.append("a")
        mailbox.finish(SessionError.waitedTooLong)
        #expect(try await mailbox.take(isolation: nil)?.texts == ["a"])
        await #expect(throws: SessionError.waitedTooLong) { try await mailbox.take(isolation: nil) }
    }

    @Test func `a reader that waits is woken by a payload and by the end`() async throws {
        let mailbox = PayloadMailbox(limit: 1_000)
        let reader = Task { try await Reader().texts(of: mailbox) }
        await Task.yield()
        mailbox.append("a")
        await Task.yield()
        mailbox.append("b")
        mailbox.finish(nil)
        #expect(try await reader.value == ["a", "b"])
    }

    @Test func `a reader that is cancelled while it waits is told so`() async {
        let mailbox = PayloadMailbox(limit: 1_000)
        let reader = Task { try await Reader().texts(of: mailbox) }
        await Task.yield()
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        mailbox.append("late")
        await #expect(throws: CancellationError.self) { try await mailbox.take(isolation: nil) }
    }

    @Test func `a reader that was cancelled before doesn't wait`() async {
        let mailbox = PayloadMailbox(limit: 1_000)
        let reader = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await mailbox.take(isolation: nil)
        }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
    }

    @Test func `nothing is lost or reordered between a writer and a reader on two threads`() async throws {
        let count = 20_000
        let mailbox = PayloadMailbox(limit: .max)
        let reader = Task { try await Reader().texts(of: mailbox) }
        let writer = Task {
            for number in 0..<count {
                mailbox.append(String(number))
                if number.isMultiple(of: 97) { await Task.yield() }
            }
            mailbox.finish(nil)
        }
        await writer.value
        #expect(try await reader.value == (0..<count).map(String.init))
    }

    @Test func `what a bounded mailbox drops and gives adds up, between two threads`() async throws {
        let count = 20_000
        let mailbox = PayloadMailbox(limit: 200)
        let reader = Task {
            var expected = 0
            while let batch = try await mailbox.take(isolation: nil) {
                expected += batch.dropped
                // As much is kept as the limit has room for.
                if batch.dropped > 0 { #expect(batch.bytes.count > 190) }
                #expect(batch.bytes.count <= 200)
                for text in batch.texts {
                    #expect(text == String(expected))
                    expected += 1
                }
            }
            return expected
        }
        let writer = Task {
            for number in 0..<count { mailbox.append(String(number)) }
            mailbox.finish(nil)
        }
        await writer.value
        #expect(try await reader.value == count)
    }
}

extension PayloadMailbox {
    fileprivate func append(_ text: String) {
        let bytes = Array(text.utf8)
        append(0..<bytes.count, of: bytes.span)
    }
}
