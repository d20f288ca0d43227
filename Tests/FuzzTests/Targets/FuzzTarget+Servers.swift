@testable import GraphQLTransport

extension FuzzTarget {
    static let messageWords = [
        "{\"type\":\"connection_init\"}\n", "{\"type\":\"connection_init\",\"payload\":{}}\n", "{\"type\":\"ping\"}\n",
        "{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{\"query\":\"subscription{a}\"}}\n",
        "{\"id\":\"1\",\"type\":\"start\",\"payload\":{\"query\":\"subscription{a}\"}}\n",
        "{\"id\":\"1\",\"type\":\"complete\"}\n", "{\"id\":\"1\",\"type\":\"stop\"}\n", "\n",
        "{\"id\":\"1\",\"type\":\"next\",\"payload\":{\"data\":null}}\n", "{\"type\":\"connection_ack\"}\n",
        "{\"id\":\"1\",\"type\":\"data\",\"payload\":{\"data\":{}}}\n", "{\"type\":\"ka\"}\n", "{\"type\":\"pong\"}\n",
        "{\"id\":\"1\",\"type\":\"error\",\"payload\":[{\"message\":\"no\"}]}\n",
        "{\"type\":\"connection_terminate\"}\n",
        "{\"type\":\"connection_error\",\"payload\":{}}\n", "\"id\":\"2\"", "\"payload\":", "\"operationName\":null",
        "\"hasNext\":true",
    ]

    /// A server's machine of `graphql-transport-ws`.
    static let transportServer = server("transport-server", as: ServerMachine.self)
    /// A server's machine of the legacy `graphql-ws`.
    static let legacyServer = server("legacy-server", as: LegacyServerMachine.self)

    /// Each line of the input is a message; a line that begins with `!` is something that the owner does.
    private static func server<Machine: FuzzedServer>(_ name: String, as kind: Machine.Type) -> FuzzTarget {
        FuzzTarget(name: name, words: messageWords + ["!finish\n", "!fail\n", "!refuse\n", "!binary\n", "!close\n"]) {
            input throws(Violation) in
            var owner = ServerOwner<Machine>()
            for line in input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).prefix(200) {
                try owner.take(Array(line))
            }
            return owner.way.value
        }
    }

    /// Does what a server's machine says, and looks whether that can be done.
    private struct ServerOwner<Machine: FuzzedServer> {
        private let limits = ServerMachine.Limits(subscriptions: 4, idLength: 16)
        private var machine: Machine
        private var running: Set<String> = []
        private var isClosed = false
        private var refuses = false
        private(set) var way = Way()

        init() { machine = Machine(limits: limits) }

        mutating func take(_ message: [UInt8]) throws(Violation) {
            switch String(decoding: message, as: UTF8.self) {
            case "!refuse": refuses = true
            case "!finish":
                guard let id = running.sorted().first else { return }
                try sent(machine.finish(id: id), endOf: id)
            case "!fail":
                guard let id = running.sorted().first else { return }
                try sent(machine.fail(id: id, message: "no \"more\""), endOf: id)
            case "!binary": try act(machine.receivedBinary(), on: [])
            case "!close": try act(machine.close(.goingAway, reason: nil), on: [])
            default: try act(machine.receive(message.span), on: message)
            }
            while let next = machine.followUp() { try act(next, on: []) }
            try require(Set(machine.activeIDs) == running, "the machine's operations aren't its owner's")
            try require(running.count <= Int(limits.subscriptions), "more operations run than may")
        }

        private mutating func sent(_ message: [UInt8]?, endOf id: String) throws(Violation) {
            guard let message else { throw Violation("an operation that runs can't be ended") }
            try isMessage(message)
            try require(running.remove(id) != nil, "an operation ends that doesn't run")
        }

        private mutating func act(_ action: ServerAction, on message: [UInt8]) throws(Violation) {
            way.pass(kindOf: action)
            if isClosed { return try require(action == .none, "something is to be done after the end: \(action)") }
            switch action {
            case .none: return
            case .send(let bytes), .exceed(let bytes): try isMessage(bytes)
            case .initialise(let payload):
                try isObject(payload, in: message)
                if refuses {
                    try act(machine.refuse(reason: "no"), on: [])
                } else {
                    guard let answer = machine.acknowledge(payload: nil) else {
                        throw Violation("who asks can't be let in")
                    }
                    try isMessage(answer)
                    try require(machine.isAcknowledged, "who was let in isn't")
                }
            case .subscribe(let id, let request):
                try require(machine.isAcknowledged, "an operation of who wasn't let in")
                try require(!id.isEmpty && id.utf8.count <= Int(limits.idLength), "an id is too long, or none")
                try require(running.insert(id).inserted, "an id is used twice")
                for object in [request.variables, request.extensions] {
                    try isObject(object?.indices, in: object ?? [])
                }
                try isMessage(Machine.resultPrefix(id: id) + Array("{}".utf8) + MessageWriter.nextSuffix)
            case .complete(let id):
                try require(running.remove(id) != nil, "an operation ends that doesn't run")
            case .close(_, let reason):
                try require(reason.utf8.count <= 123, "a reason is longer than a close frame")
                isClosed = true
                running.removeAll()
                _ = machine.closed()
            }
        }
    }

    /// What a machine sends is one object of JSON.
    static func isMessage(_ bytes: [UInt8]) throws(Violation) {
        try require((try? JSONScanner.scanObject(bytes.span)) != nil, "what is sent is no message")
    }

    /// Where a machine says that an object is, there is one.
    static func isObject(_ range: Range<Int>?, in message: [UInt8]) throws(Violation) {
        guard let range else { return }
        try require(range.upperBound <= message.count, "a part is behind the end")
        let part = Array(message[range])
        try require((try? JSONScanner.scanObject(part.span)) != nil, "a part is no object")
    }
}

private func isMessage(_ bytes: [UInt8]) throws(Violation) { try FuzzTarget.isMessage(bytes) }
private func isObject(_ range: Range<Int>?, in message: [UInt8]) throws(Violation) {
    try FuzzTarget.isObject(range, in: message)
}
