/// A connection of the server under test to the tool's upstream: `graphql-transport-ws` on the server's side.
///
/// It is minimal: every subscription gets the one topic that there is.
struct UpstreamLink {
    /// The connection.
    var served: ServedSocket
    /// What epoll watches for.
    var interest = Poller.Interest.read
    private var operations: [[UInt8]] = []
    private var isAcknowledged = false

    /// The most operations of one connection.
    private static let mostOperations = 1000

    init(_ socket: Socket) {
        served = ServedSocket(socket)
    }

    /// Whether it has an operation.
    var isSubscribed: Bool { !operations.isEmpty }

    /// Reads once and answers.
    mutating func read(through buffer: inout [UInt8]) {
        for message in served.read(through: &buffer) { take(message) }
    }

    /// Handles received bytes and answers.
    mutating func receive(_ bytes: Span<UInt8>) {
        for message in served.receive(bytes) { take(message) }
    }

    private mutating func take(_ message: ServedSocket.Message) {
        switch message {
        case .opened(let request):
            let name = ClientProtocol.graphql.subprotocol
            guard let name, request.subprotocols.contains(name) else {
                served.output += ServerHandshake.refusal
                return served.end()
            }
            served.accept(request, subprotocol: name)
        case .text(let text): take(text)
        case .pong, .gone: break
        }
    }

    /// Appends one event for each operation.
    mutating func send(_ payload: [UInt8]) {
        for id in operations {
            let start = #"{"id":""#.utf8.count + id.count + #"","type":"next","payload":"#.utf8.count
            ServerFrames.appendHeader(.text, payload: start + payload.count + 1, to: &served.output)
            served.output += #"{"id":""#.utf8
            served.output += id
            served.output += #"","type":"next","payload":"#.utf8
            served.output += payload
            served.output.append(UInt8(ascii: "}"))
        }
    }

    private mutating func take(_ text: [UInt8]) {
        let envelope = Envelope(text.span, wanted: [.type, .id])
        switch envelope.kind {
        case .connectionInit:
            isAcknowledged = true
            ServerFrames.append(.text, Array(#"{"type":"connection_ack"}"#.utf8), to: &served.output)
        case .ping:
            ServerFrames.append(.text, Array(#"{"type":"pong"}"#.utf8), to: &served.output)
        case .subscribe:
            guard isAcknowledged, let id = envelope.id, operations.count < Self.mostOperations else {
                return served.end()
            }
            operations.append(Array(text[id]))
        case .complete:
            guard let id = envelope.id else { return }
            operations.removeAll { $0 == Array(text[id]) }
        case .event, .gap, .status, .connectionAck, .next, .error, .pong, .other, nil:
            break
        }
    }
}
