extension Peer {
    /// A client of `fanout.v1.json` or of bare payloads, subscribed when this returns.
    static func plain(
        _ stage: Stage,
        _ path: String = "/topics/m",
        receiveBuffer: Int32? = nil
    ) async throws -> Peer {
        try await plain(on: stage.connect(receiveBuffer: receiveBuffer), path)
    }

    /// The same, by the relay's port.
    static func plain(at port: UInt16, _ path: String, receiveBuffer: Int32? = nil) async throws -> Peer {
        try await plain(on: Peer(port: port, receiveBuffer: receiveBuffer), path)
    }

    /// The same, on a connection that was made.
    static func plain(on peer: Peer, _ path: String = "/topics/m") async throws -> Peer {
        let answer = try await peer.upgrade(path)
        guard answer.status == 101 else { throw Failure(description: "no upgrade: \(answer.head)\(answer.body)") }
        try await peer.settle()
        return peer
    }

    /// A client of `graphql-transport-ws` that was acknowledged.
    static func graphQL(_ stage: Stage, receiveBuffer: Int32? = nil, host: UInt8 = 1) async throws -> Peer {
        try await graphQL(at: stage.port, receiveBuffer: receiveBuffer, host: host)
    }

    /// The same, by the relay's port.
    static func graphQL(at port: UInt16, receiveBuffer: Int32? = nil, host: UInt8 = 1) async throws -> Peer {
        let peer = try await opened(at: port, receiveBuffer: receiveBuffer, host: host)
        peer.send(#"{"type":"connection_init"}"#)
        let acknowledgement = try await peer.text()
        guard acknowledgement == #"{"type":"connection_ack"}"# else {
            throw Failure(description: "no acknowledgement: \(acknowledgement)")
        }
        return peer
    }

    /// A client of `graphql-transport-ws` that was acknowledged with tokens.
    static func tokens(at port: UInt16) async throws -> Peer {
        let peer = try await opened(at: port, receiveBuffer: nil)
        peer.send(#"{"type":"connection_init","payload":{"relay":{"tokens":true}}}"#)
        let acknowledgement = try await peer.text()
        guard acknowledgement == #"{"type":"connection_ack","payload":{"relay":{"tokens":true}}}"# else {
            throw Failure(description: "no acknowledgement: \(acknowledgement)")
        }
        return peer
    }

    /// Subscribes with an extension for the relay; the answer, which says where it begins.
    func open(_ id: String, _ query: String, relay: String = "{}") async throws -> String {
        let extensions = #""extensions":{"relay":\#(relay)}"#
        send(#"{"id":"\#(id)","type":"subscribe","payload":{"query":"\#(query)",\#(extensions)}}"#)
        return try await text()
    }

    /// A client of `graphql-transport-ws` that has said nothing yet.
    static func opened(_ stage: Stage, receiveBuffer: Int32? = nil) async throws -> Peer {
        try await opened(at: stage.port, receiveBuffer: receiveBuffer)
    }

    private static func opened(at port: UInt16, receiveBuffer: Int32?, host: UInt8 = 1) async throws -> Peer {
        let peer = try Peer(port: port, receiveBuffer: receiveBuffer, host: host)
        let answer = try await peer.upgrade("/graphql", subprotocols: "graphql-transport-ws")
        guard answer.status == 101 else { throw Failure(description: "no upgrade: \(answer.head)\(answer.body)") }
        return peer
    }

    /// A client of either protocol, which has said hello.
    static func acknowledged(_ stage: Stage, _ subprotocol: String) async throws -> Peer {
        let peer = try stage.connect()
        let answer = try await peer.upgrade("/graphql", subprotocols: subprotocol)
        guard answer.status == 101 else { throw Failure(description: "no upgrade: \(answer.head)\(answer.body)") }
        peer.send(#"{"type":"connection_init"}"#)
        return peer
    }

    /// Whether the relay, which drains, closes the connection and says when to come back.
    func isSentAway() async -> Bool {
        guard case .close(1001, let reason) = await closing() else { return false }
        return (1...5).contains { reason == "Going away: come back in \($0) s" }
    }

    /// The messages of an operation up to and including the first that contains a mark.
    func texts(of id: String, through mark: String) async throws -> [String] {
        var texts: [String] = []
        while texts.last?.contains(mark) != true {
            let text = try await text()
            if text.contains(#""id":"\#(id)""#) { texts.append(text) }
        }
        return texts
    }

    /// Subscribes; the relay has taken it when this returns.
    func subscribe(_ id: String, _ query: String, operationName: String? = nil) async throws {
        let name = operationName.map { #","operationName":"\#($0)""# } ?? ""
        send(#"{"id":"\#(id)","type":"subscribe","payload":{"query":"\#(query)"\#(name)}}"#)
        try await settle()
    }

    /// The number that the upstream gave the next event.
    func number() async throws -> UInt64 {
        while true {
            let text = try await text()
            if text.contains(#""type":"status""#) { continue }
            guard let number = text.number(after: #""n":"#) else {
                throw Failure(description: "an event was expected, not \(text.prefix(300))")
            }
            return number
        }
    }

    /// The numbers of the next events.
    func numbers(_ count: Int) async throws -> [UInt64] {
        var numbers: [UInt64] = []
        for _ in 0..<count { numbers.append(try await number()) }
        return numbers
    }
}
