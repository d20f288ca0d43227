#if Cluster
internal import CNats
internal import Glibc
internal import GraphQLTransport
internal import Synchronization

/// Whom libnats' callbacks concern, by the number that it was given as their closure.
///
/// A callback may come late, on a thread of libnats' own, when what it concerns is gone: a number that is never given
/// twice then finds nothing, where a pointer would find freed memory.
enum NATSCallbacks {
    enum Target: Sendable {
        case connection(NATSConnection)
        case mailbox(NATSMailbox, of: NATSConnection)
    }

    private struct State {
        var targets: [UInt: Target] = [:]
        var last: UInt = 0
    }

    private static let state = Mutex(State())

    /// Keeps a target until `remove`.
    static func insert(_ target: Target) -> UInt {
        state.withLock { state in
            state.last += 1
            state.targets[state.last] = target
            return state.last
        }
    }

    static func remove(_ handle: UInt) {
        // Released outside of the lock.
        _ = state.withLock { $0.targets.removeValue(forKey: handle) }
    }

    /// How many targets there are, for tests.
    static var count: Int { state.withLock { $0.targets.count } }

    fileprivate static func connection(_ closure: UnsafeMutableRawPointer?) -> NATSConnection? {
        guard case .connection(let connection) = unsafe target(closure) else { return nil }
        return connection
    }

    fileprivate static func target(_ closure: UnsafeMutableRawPointer?) -> Target? {
        let handle = UInt(bitPattern: closure)
        return state.withLock { $0.targets[handle] }
    }
}

/// Called on the thread of the subscription; the message is ours.
func natsMessageArrived(
    _ connection: OpaquePointer?,
    _ subscription: OpaquePointer?,
    _ message: OpaquePointer?,
    _ closure: UnsafeMutableRawPointer?
) {
    guard let message = unsafe message else { return }
    defer { unsafe natsMsg_Destroy(message) }
    guard case .mailbox(let mailbox, of: let connection)? = unsafe NATSCallbacks.target(closure) else { return }
    if mailbox.append(unsafe NATSMessage(message)) { connection.tell(.arrived(mailbox)) }
}

/// Called on libnats' thread for callbacks, once, when the connection is closed for whatever reason.
func natsConnectionClosed(_ connection: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
    guard let target = unsafe NATSCallbacks.connection(closure) else { return }
    var text: UnsafePointer<CChar>?
    let status = unsafe natsConnection_GetLastError(connection, &text)
    let words = unsafe text.map { unsafe String(cString: $0) } ?? ""
    target.closed(status == NATS_OK || words.isEmpty ? "the server closed the connection" : words.onOneLine)
}

func natsServerIsLameDuck(_ connection: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
    unsafe NATSCallbacks.connection(closure)?.tell(.lameDuck)
}

/// Called for what doesn't end the connection by itself.
///
/// The subscription isn't retained for the call and may be gone: it serves as a number only.
func natsConnectionFailed(
    _ connection: OpaquePointer?,
    _ subscription: OpaquePointer?,
    _ status: natsStatus,
    _ closure: UnsafeMutableRawPointer?
) {
    guard let target = unsafe NATSCallbacks.connection(closure) else { return }
    guard status == NATS_SLOW_CONSUMER else { return target.tell(.fault(NATSFailure(status).description)) }
    target.noteLoss(of: UInt(bitPattern: subscription))
}

extension NATSMessage {
    /// Copies a message out of libnats.
    fileprivate init(_ message: OpaquePointer) {
        let size = unsafe Int(natsMsg_GetDataLength(message))
        let data = unsafe UnsafeRawBufferPointer(start: natsMsg_GetData(message), count: max(0, size))
        self.init(
            subject: unsafe natsMsg_GetSubject(message).map { unsafe String(cString: $0) } ?? "",
            reply: unsafe natsMsg_GetReply(message).map { unsafe String(cString: $0) },
            headers: NATSHeaders { name in unsafe Self.header(name, of: message) },
            payload: unsafe Array(data)
        )
    }

    private static func header(_ name: StaticString, of message: OpaquePointer) -> String? {
        var value: UnsafePointer<CChar>?
        let key = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        let status = unsafe natsMsgHeader_Get(message, key, &value)
        guard status == NATS_OK, let value = unsafe value else { return nil }
        let bytes = unsafe UnsafeBufferPointer(start: value, count: strnlen(value, NATSHeaders.maximumSize + 1))
        guard bytes.count <= NATSHeaders.maximumSize else { return nil }
        return unsafe String(decoding: UnsafeRawBufferPointer(bytes), as: UTF8.self)
    }
}
#endif
