import Glibc
import Testing
import Wire

@testable import WebSockets

/// Requests to servers that the tests play themselves, on loopback.
@Suite(.timeLimit(.minutes(1)))
struct HTTPClientTests {
    @Test func `a request arrives whole, and its answer comes back`() async throws {
        try await run { caller, listener in
            var request = HTTPClientRequest(
                url: "http://127.0.0.1:\(listener.port)/graphql?a=b",
                headers: [HTTPField(name: "X-First", value: "1"), HTTPField(name: "X-Empty", value: "")],
                body: Array("hello".utf8)
            )
            request.timeout = nil
            let answer = caller.send(request)
            let peer = try listener.accept()
            let head = try peer.receiveHead()
            #expect(head.hasPrefix("POST /graphql?a=b HTTP/1.1\r\n"))
            #expect(head.header("X-First") == "1")
            #expect(head.contains("X-Empty:"))
            #expect(head.header("Expect") == "")
            #expect(try peer.receive(exactly: 5) == Array("hello".utf8))
            try peer.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            try peer.send("HTTP/1.1 418 No\r\nX-Answer:  yes \r\nContent-Length: 3\r\n\r\nnew")
            let response = try await answer.value.get()
            #expect(response.status == 418)
            #expect(response.header("x-answer") == "yes")
            #expect(response.header("link") == nil)
            #expect(response.body == Array("new".utf8))
        }
    }

    @Test func `a connection is kept for the next request, unless the server mustn't get it twice`() async throws {
        try await run { caller, listener in
            let first = caller.send(.sample(to: listener))
            let kept = try listener.accept()
            try kept.answerRequest()
            #expect(try await first.value.get().status == 200)
            let second = caller.send(.sample(to: listener))
            try kept.answerRequest()
            #expect(try await second.value.get().status == 200)
            var request = HTTPClientRequest.sample(to: listener)
            request.isRepeatable = false
            let third = caller.send(request)
            try listener.accept().answerRequest()
            #expect(try await third.value.get().status == 200)
        }
    }

    @Test func `a body over the limit ends the request`() async throws {
        try await run { caller, listener in
            var request = HTTPClientRequest.sample(to: listener)
            request.maximumResponseSize = 10
            let answer = caller.send(request)
            try listener.accept().answerRequest(body: String(repeating: "x", count: 11))
            let error = await #expect(throws: HTTPClientError.self) { try await answer.value.get() }
            #expect(error == HTTPClientError(kind: .tooLarge, reason: "the response exceeds 10 bytes", wasSent: true))
            request.maximumResponseSize = 11
            let whole = caller.send(request)
            try listener.accept().answerRequest(body: String(repeating: "x", count: 11))
            #expect(try await whole.value.get().body.count == 11)
        }
    }

    @Test func `headers without end are cut off`() async throws {
        try await run { caller, listener in
            let answer = caller.send(.sample(to: listener))
            let peer = try listener.accept()
            _ = try peer.receiveHead()
            try peer.send("HTTP/1.1 200 OK\r\n")
            for number in 0..<300 { try? peer.send("X-\(number): \(String(repeating: "x", count: 1000))\r\n") }
            let error = await #expect(throws: HTTPClientError.self) { try await answer.value.get() }
            #expect(error?.reason == "the response's headers exceed 262144 bytes")
        }
    }

    @Test func `a server that doesn't answer in time is given up, and was sent to`() async throws {
        try await run { caller, listener in
            var request = HTTPClientRequest.sample(to: listener)
            request.timeout = .milliseconds(300)
            let answer = caller.send(request)
            let peer = try listener.accept()
            _ = try peer.receiveHead()
            let error = await #expect(throws: HTTPClientError.self) { try await answer.value.get() }
            #expect(error?.kind == .timedOut)
            #expect(error?.wasSent == true)
            withExtendedLifetime(peer) {}
        }
    }

    @Test func `a refused connection was not sent to`() async throws {
        try await run { caller, listener in
            let closed = try RawListener(listens: false)
            let answer = caller.send(.sample(to: closed))
            let error = await #expect(throws: HTTPClientError.self) { try await answer.value.get() }
            #expect(error?.kind == .failed)
            #expect(error?.wasSent == false)
        }
    }

    @Test func `a connection that is cut after the request was sent to`() async throws {
        try await run { caller, listener in
            let answer = caller.send(.sample(to: listener))
            do {
                let peer = try listener.accept()
                _ = try peer.receiveHead()
            }
            let error = await #expect(throws: HTTPClientError.self) { try await answer.value.get() }
            #expect(error?.kind == .failed)
            #expect(error?.wasSent == true)
        }
    }

    @Test(arguments: [
        HTTPClientRequest(url: "ftp://127.0.0.1/", headers: [], body: []),
        HTTPClientRequest(url: "http://127.0.0.1:99999/", headers: [], body: []),
        HTTPClientRequest(url: "", headers: [], body: []),
        HTTPClientRequest(url: "http://a b/", headers: [], body: []),
        HTTPClientRequest(url: "http://127.0.0.1/", headers: [HTTPField(name: "A", value: "b\r\nC: d")], body: []),
        HTTPClientRequest(url: "http://127.0.0.1/", headers: [HTTPField(name: "A: b\r\nC", value: "d")], body: []),
        HTTPClientRequest(url: "http://127.0.0.1/", headers: [HTTPField(name: "", value: "d")], body: []),
        HTTPClientRequest(url: "http://127.0.0.1/", headers: [HTTPField(name: "A;", value: "d")], body: []),
    ])
    func `a request that nobody can send is told apart`(request: HTTPClientRequest) async throws {
        try await run { caller, _ in
            let error = await #expect(throws: HTTPClientError.self) { try await caller.send(request).value.get() }
            #expect(error?.kind == .invalidRequest)
            #expect(error?.wasSent == false)
        }
    }

    @Test func `a redirect is the answer, and isn't followed`() async throws {
        try await run { caller, listener in
            let answer = caller.send(.sample(to: listener))
            try listener.accept().answerRequest(
                status: "307 Temporary Redirect",
                headers: "Location: http://127.0.0.1:\(listener.port)/other\r\n"
            )
            #expect(try await answer.value.get().status == 307)
            #expect(!listener.isCalled)
        }
    }

    @Test func `cancelling and closing end requests with errors, and leave no handle in the loop`() async throws {
        try await run { caller, listener in
            let before = await caller.handleCount()
            let cancelled = caller.send(.sample(to: listener))
            let first = try listener.accept()
            _ = try first.receiveHead()
            caller.cancelLast()
            let error = await #expect(throws: HTTPClientError.self) { try await cancelled.value.get() }
            #expect(error?.kind == .cancelled)
            #expect(error?.wasSent == true)
            let closed = caller.send(.sample(to: listener))
            let second = try listener.accept()
            _ = try second.receiveHead()
            caller.close()
            await #expect(throws: HTTPClientError.self) { try await closed.value.get() }
            // The client's own timer was there before.
            #expect(await caller.handleCount() == before - 1)
            await #expect(throws: HTTPClientError.self) { try await caller.send(.sample(to: listener)).value.get() }
        }
    }

    @Test func `a loop that stops ends its requests`() async throws {
        let listener = try RawListener()
        let loop = try EventLoop(name: "http")
        let caller = HTTPCaller(on: loop)
        let answer = caller.send(.sample(to: listener))
        let peer = try listener.accept()
        _ = try peer.receiveHead()
        await loop.stop()
        await #expect(throws: HTTPClientError.self) { try await answer.value.get() }
        await #expect(throws: HTTPClientError.self) { try await caller.send(.sample(to: listener)).value.get() }
    }

    private func run(_ body: (HTTPCaller, RawListener) async throws -> Void) async throws {
        let listener = try RawListener()
        try await HTTPCaller.run { try await body($0, listener) }
    }
}

/// Sends requests from a loop of its own; the tests block their threads, so that nothing here may need one of those.
final class HTTPCaller: @unchecked Sendable {
    typealias Outcome = Result<HTTPClientResponse, HTTPClientError>

    /// What becomes of a request.
    struct Answer: Sendable {
        let outcomes: AsyncStream<Outcome>

        var value: Outcome {
            get async throws {
                for await outcome in outcomes { return outcome }
                throw RawPeer.Failure(description: "the request came to nothing")
            }
        }
    }

    private let loop: EventLoop
    /// Touched on the loop only.
    private lazy var client = HTTPClient(on: loop)
    private var last: HTTPTransfer?

    init(on loop: EventLoop) { self.loop = loop }

    /// Runs `body` with a caller on a loop of its own, and stops the loop after.
    static func run(_ body: (HTTPCaller) async throws -> Void) async throws {
        let loop = try EventLoop(name: "http")
        do {
            try await body(HTTPCaller(on: loop))
        } catch {
            await loop.stop()
            throw error
        }
        await loop.stop()
    }

    func send(_ request: HTTPClientRequest) -> Answer {
        let (outcomes, sink) = AsyncStream<Outcome>.makeStream()
        loop.execute { [self] in
            let transfer = HTTPTransfer(request)
            last = transfer
            client.start(transfer) {
                sink.yield($0)
                sink.finish()
            }
        }
        return Answer(outcomes: outcomes)
    }

    /// The loop's handles, with those of the client.
    func handleCount() async -> Int {
        await withCheckedContinuation { continuation in
            loop.execute { [self] in
                _ = client
                continuation.resume(returning: loop.handleCount)
            }
        }
    }

    func cancelLast() {
        loop.execute { [self] in last.map { client.cancel($0) } }
    }

    func close() {
        loop.execute { [self] in client.close() }
    }
}

extension HTTPClientRequest {
    fileprivate static func sample(to listener: RawListener) -> HTTPClientRequest {
        HTTPClientRequest(url: "http://127.0.0.1:\(listener.port)/", headers: [], body: Array("{}".utf8))
    }
}

extension RawPeer {
    /// Reads a request with a body of two bytes, and answers it.
    fileprivate func answerRequest(status: String = "200 OK", headers: String = "", body: String = "ok") throws {
        _ = try receiveHead()
        _ = try receive(exactly: 2)
        try send("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}
