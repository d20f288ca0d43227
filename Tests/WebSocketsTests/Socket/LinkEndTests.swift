import OpenSSLCommand
import Synchronization
import Testing
import WebSockets

/// What ends a dialled link does so at once, whatever becomes of the connection.
@Suite(.serialized, .timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct LinkEndTests {
    private final class Signal: Sendable {
        let isSet = Atomic(false)
    }

    @Test func `what a server sent before its reset is told, though no answer to it can be sent`() async throws {
        try await DialledLink.run(over: .plain) { link in
            let (isBusy, isReset) = (Signal(), Signal())
            link.probe.loop.execute {
                isBusy.isSet.store(true, ordering: .releasing)
                while !isReset.isSet.load(ordering: .acquiring) {}
            }
            while !isBusy.isSet.load(ordering: .acquiring) { await Task.yield() }
            let ping = RawFrame(opcode: 9, payload: [1]).encoded
            try link.peer.send(ping + RawFrame.text("last").encoded + RawFrame.close(4403, "bye").encoded)
            link.peer.reset()
            isReset.isSet.store(true, ordering: .releasing)
            #expect(await link.probe.nextMessage()?.bytes == Array("last".utf8))
            #expect(await link.probe.nextClosure() == WebSocketClosure(code: 4403, reason: "bye"))
        }
    }

    @Test(arguments: Carrier.allCases, [1000, 1013, 4403] as [UInt16])
    func `a close frame ends the link at once, though the peer leaves the connection open`(
        carrier: Carrier,
        code: UInt16
    ) async throws {
        try await DialledLink.run(over: carrier) { link in
            try link.peer.send(RawFrame.close(code, "bye").encoded)
            guard case .closing(let closure) = await link.probe.next() else {
                Issue.record("the close frame wasn't told first")
                return
            }
            #expect(closure == WebSocketClosure(code: code, reason: "bye"))
            // The close handshake goes on by itself.
            #expect(try link.peer.receiveFrame()?.closeCode == code)
            link.probe.loop.execute { link.socket.terminate() }
            guard case .closed(closure) = await link.probe.next() else {
                Issue.record("the end wasn't told, or not as the close frame was")
                return
            }
        }
    }

    @Test(arguments: Carrier.allCases)
    func `an answer to our own close is told once, at the end`(carrier: Carrier) async throws {
        try await DialledLink.run(over: carrier) { link in
            link.probe.loop.execute { link.socket.close(1000, "done") }
            #expect(try link.peer.receiveFrame()?.closeCode == 1000)
            try link.peer.send(RawFrame.close(1000).encoded)
            guard case .closed(let closure) = await link.probe.next() else {
                Issue.record("something else came before the end")
                return
            }
            #expect(closure.ownCode == 1000)
        }
    }

    /// The beginnings of frames that may not go on.
    enum Head: CaseIterable {
        case tooLarge, immense, growing, longPing, longPong, longClose, immensePing

        var bytes: [UInt8] {
            switch self {
            // 16,001 bytes, of which none comes.
            case .tooLarge: [0x81, 126, 0x3E, 0x81]
            case .immense: [0x82, 127, 0x7F, 0, 0, 0, 0, 0, 0, 0]
            // Ten bytes, and 15,991 further ones.
            case .growing: [0x01, 10] + [UInt8](repeating: 0x61, count: 10) + [0x80, 126, 0x3E, 0x77]
            case .longPing: [0x89, 126, 0, 126]
            case .longPong: [0x8A, 126, 0, 126]
            case .longClose: [0x88, 126, 0, 126]
            case .immensePing: [0x89, 127, 0, 0, 0, 0, 0, 1, 0, 0]
            }
        }

        var code: UInt16 {
            switch self {
            case .tooLarge, .immense, .growing: 1009
            case .longPing, .longPong, .longClose, .immensePing: 1002
            }
        }
    }

    @Test(arguments: Carrier.allCases, Head.allCases)
    func `a head that announces more than may come is refused at once`(carrier: Carrier, head: Head) async throws {
        try await DialledLink.run(over: carrier) { link in
            try link.peer.send(head.bytes)
            guard case .closing(let closure) = await link.probe.next() else {
                Issue.record("the refusal wasn't told first")
                return
            }
            #expect(closure.ownCode == head.code)
            #expect(closure.code == nil)
            #expect(try link.peer.receiveFrame()?.closeCode == head.code)
            #expect(await link.probe.nextClosure() == closure)
        }
    }
}

/// Frames that come in one piece with the handshake's answer are read by the same rules as all others.
@Suite(.serialized, .timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct FirstFrameTests {
    /// Over TLS only some of them, since each needs a server of its own.
    static let heads =
        LinkEndTests.Head.allCases.map { (Carrier.plain, $0) }
        + [(.tls, .tooLarge), (.tls, .longPing)] as [(Carrier, LinkEndTests.Head)]

    @Test(arguments: heads)
    func `a head that announces more than may come is refused at once`(
        carrier: Carrier,
        head: LinkEndTests.Head
    ) async throws {
        try await DialledLink.run(over: carrier, answerFollowedBy: head.bytes) { link in
            guard case .closing(let closure) = await link.probe.next() else {
                Issue.record("the refusal wasn't told first")
                return
            }
            #expect(closure.ownCode == head.code)
            let answer = try link.peer.receiveFrame()
            #expect(answer?.closeCode == head.code)
            #expect(await link.probe.nextClosure() == closure)
        }
    }

    @Test(arguments: Carrier.allCases)
    func `every ping is answered, a message is received, and a half one goes on`(carrier: Carrier) async throws {
        let pings = (1...3).map { RawFrame(opcode: 9, payload: [$0]).encoded }
        let message = RawFrame.text("in two pieces").encoded
        let frames = pings.reduce(RawFrame.text("first").encoded, +) + message.prefix(5)
        try await DialledLink.run(over: carrier, answerFollowedBy: frames) { link in
            for number: UInt8 in 1...3 {
                let pong = try link.peer.receiveFrame()
                #expect(pong == RawFrame(opcode: 10, isMasked: true, payload: [number]))
            }
            try link.peer.send(Array(message.dropFirst(5)))
            #expect(await link.probe.nextMessage()?.bytes == Array("first".utf8))
            #expect(await link.probe.nextMessage()?.bytes == Array("in two pieces".utf8))
        }
    }
}

/// Messages over the limit.
@Suite(.serialized, .timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct SkippingTests {
    /// What was skipped up to the next message or the end: whole messages, and the size of their largest piece.
    private func skipped(
        by probe: ClientProbe,
        until message: String
    ) async throws -> (messages: [[UInt8]], largest: Int) {
        var messages: [[UInt8]] = []
        var isOver = true
        var largest = 0
        while let event = await probe.next() {
            switch event {
            case .skipped(let piece, let isFirst, let isFinal):
                #expect(isFirst == isOver)
                if isFirst { messages.append([]) }
                messages[messages.count - 1] += piece
                isOver = isFinal
                largest = max(largest, piece.count)
            case .received(let bytes, _):
                #expect(isOver)
                #expect(bytes == Array(message.utf8))
                return (messages, largest)
            case .advanced: break
            case .dialled, .failed, .ponged, .closing, .closed:
                throw RawPeer.Failure(description: "\(event) instead of a message")
            }
        }
        throw RawPeer.Failure(description: "no message")
    }

    private func fragments(of payload: [UInt8], sizes: [Int]) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = payload[...]
        for (index, size) in sizes.enumerated() {
            let isFinal = index == sizes.count - 1
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            bytes += RawFrame(isFinal: isFinal, opcode: index == 0 ? 1 : 0, payload: piece).encoded
        }
        return bytes
    }

    @Test(
        arguments: Carrier.allCases,
        [
            [1001], [16_000], [1000, 1], [999, 1, 1], [0, 1001], [1001, 0], [500, 500, 5000, 0, 7], [4000, 4000, 8000],
        ]
    )
    func `a message over the limit is skipped piece by piece, and the next one is received`(
        carrier: Carrier,
        sizes: [Int]
    ) async throws {
        try await DialledLink.run(over: carrier) { link in
            let payload = (0..<sizes.reduce(0, +)).map { UInt8($0 % 251) }
            let twice = fragments(of: payload, sizes: sizes) + fragments(of: payload, sizes: sizes)
            try link.peer.send(twice + RawFrame.text("next").encoded)
            #expect(try await skipped(by: link.probe, until: "next").messages == [payload, payload])
        }
    }

    @Test(arguments: Carrier.allCases)
    func `what is skipped isn't gathered`(carrier: Carrier) async throws {
        let limits = WebSocket.Limits(messageSize: 100_000, skipSize: 1_600_000, controlSize: 1000)
        try await DialledLink.run(over: carrier, limits: limits) { link in
            let payload = [UInt8](repeating: 0x78, count: 1_600_000)
            try link.peer.send(RawFrame(opcode: 1, payload: payload).encoded + RawFrame.text("next").encoded)
            let skipped = try await skipped(by: link.probe, until: "next")
            #expect(skipped.messages == [payload])
            #expect(skipped.largest <= 100_000)
        }
    }

    @Test
    func `without a size to skip a message over the limit is refused`() async throws {
        let limits = WebSocket.Limits(messageSize: 1000, controlSize: 1000)
        try await DialledLink.run(over: .plain, limits: limits) { link in
            try link.peer.send([0x81, 126, 0x03, 0xE9])
            #expect(await link.probe.nextClosing()?.ownCode == 1009)
        }
    }

    @Test(arguments: [
        // A sign isn't given for the piece that is the last one.
        (4 << 20, 1 << 20, 2...3), (4 << 20, 1_100_000, 3...4), (1000, 200_000, 2...3), (1 << 20, 2 << 20, 30...31),
        (1 << 20, 65_535, 0...0),
    ])
    func `an unfinished message is a sign of life with each 16th of the limit, or 64 KiB`(
        limit: Int,
        size: Int,
        signs: ClosedRange<Int>
    ) async throws {
        let limits = WebSocket.Limits(messageSize: limit, skipSize: 2 << 20, controlSize: 1000)
        try await DialledLink.run(over: .plain, limits: limits) { link in
            let payload = [UInt8](repeating: 0x78, count: size)
            let sender = Task.detached {
                try link.peer.send(RawFrame(opcode: 1, payload: payload).encoded + RawFrame(opcode: 10).encoded)
            }
            var count = 0
            loop: while let event = await link.probe.next() {
                switch event {
                case .advanced: count += 1
                case .ponged: break loop
                default: break
                }
            }
            #expect(signs.contains(count))
            try await sender.value
        }
    }
}
