@testable import GraphQLTransport

extension FuzzTarget {
    /// A client's machine of `graphql-transport-ws`.
    static let transportClient = client("transport-client", .transport)
    /// A client's machine of the legacy `graphql-ws`.
    static let legacyClient = client("legacy-client", .legacy)

    /// Each line of the input is a message of the server; one that begins with `!` is something that the owner does.
    private static func client(_ name: String, _ subprotocol: Subprotocol) -> FuzzTarget {
        FuzzTarget(
            name: name,
            words: messageWords + ["!subscribe\n", "!complete\n", "!binary", "!late\n", "!close\n"]
        ) { input throws(Violation) in
            var owner = ClientOwner(subprotocol)
            for line in input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).prefix(200) {
                try owner.take(Array(line))
            }
            return owner.way.value
        }
    }

    /// Does what a client's machine says, and looks whether that can be done.
    private struct ClientOwner {
        private static let binary = Array("!binary".utf8)

        private var machine: ClientMachine
        private var running: Set<UInt64> = []
        private var lastID: UInt64 = 0
        private var isClosed = false
        private(set) var way = Way()

        init(_ subprotocol: Subprotocol) {
            machine = ClientMachine(subprotocol)
            _ = machine.opened()
        }

        mutating func take(_ message: [UInt8]) throws(Violation) {
            switch String(decoding: message, as: UTF8.self) {
            case "!subscribe":
                guard let request = try? GraphQLRequest(query: "subscription { a }"),
                    let sent = machine.subscribe(id: lastID + 1, request)
                else { return try require(!machine.isAcknowledged || isClosed, "nothing can be asked of a live link") }
                lastID += 1
                running.insert(lastID)
                try isMessage(sent)
            case "!complete":
                guard let id = running.min() else { return }
                guard let sent = machine.complete(id: id) else { throw Violation("what runs can't be ended") }
                running.remove(id)
                try isMessage(sent)
            case "!late": try act(machine.acknowledgementTimedOut(), on: [])
            case "!close": try act(machine.close(), on: [])
            default:
                if message.starts(with: Self.binary) {
                    let bytes = Array(message.dropFirst(Self.binary.count))
                    try act(machine.receive(bytes.span, as: .binary), on: bytes)
                } else {
                    try act(machine.receive(message.span), on: message)
                }
            }
            for id in running { try require(machine.isActive(id), "an operation ended, and nobody was told") }
        }

        private mutating func act(_ action: ClientAction, on message: [UInt8]) throws(Violation) {
            way.pass(kindOf: action)
            if isClosed { return try require(action == .none, "something is to be done after the end: \(action)") }
            switch action {
            case .none, .pong: return
            case .ignored(let reply): if let reply { try isMessage(reply) }
            case .acknowledged(let payload):
                try isObject(payload, in: message)
                try require(machine.isAcknowledged, "an acknowledged link isn't")
            case .send(let bytes): try isMessage(bytes)
            case .next(let id, let payload, _):
                try require(running.contains(id), "a result of what doesn't run")
                try isObject(payload, in: message)
            case .failed(let id, let errors):
                try end(id)
                try require(errors.upperBound <= message.count, "errors are behind the end")
                let array = GraphQLErrors.array(message.span, in: errors)
                guard let token = try? JSONScanner.scan(array.span, maximumDepth: JSONScanner.depthLimit) else {
                    throw Violation("errors are no JSON")
                }
                try require(token.kind == .array, "errors are no array")
            case .misfit(let id, _, let reply):
                try end(id)
                if let reply { try isMessage(reply) }
            case .completed(let id): try end(id)
            case .close(_, let reason):
                try require(reason.utf8.count <= 123, "a reason is longer than a close frame")
                isClosed = true
                running.removeAll()
                _ = machine.closed()
            }
        }

        private mutating func end(_ id: UInt64) throws(Violation) {
            try require(running.remove(id) != nil, "an operation ends that doesn't run")
            try require(!machine.isActive(id), "an operation that ended runs")
        }
    }
}

private func isMessage(_ bytes: [UInt8]) throws(Violation) { try FuzzTarget.isMessage(bytes) }
private func isObject(_ range: Range<Int>?, in message: [UInt8]) throws(Violation) {
    try FuzzTarget.isObject(range, in: message)
}
