import Glibc
import WebSockets

/// Kinds of floods that hold no message.
enum Flood: CaseIterable {
    case pings, emptyPings, pongs, emptyPongs, fragments

    /// What comes before it.
    var beginning: [UInt8] { self == .fragments ? Flood.fragment(1, [0x5B]) : [] }

    /// Some of its frames.
    var frames: [UInt8] {
        let frame =
            switch self {
            case .pings: PeerFrame.masked(9, Array(repeating: 0x78, count: 100))
            case .emptyPings: PeerFrame.masked(9, [])
            case .pongs: PeerFrame.masked(10, [0x78])
            case .emptyPongs: PeerFrame.masked(10, [])
            case .fragments: Flood.fragment(0, [])
            }
        return Array(repeatElement(frame, count: 200).joined())
    }

    /// A frame of a message that goes on.
    static func fragment(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var bytes = PeerFrame.masked(opcode, payload)
        bytes[0] &= 0x7F
        return bytes
    }

    /// Sends it without end, on a thread of its own, until the peer has gone or `isOver`; the descriptor is closed
    /// then.
    func run(over descriptor: Int32, until isOver: @escaping @Sendable () -> Bool) {
        let bytes = frames
        Task(executorPreference: OwnThread(name: "flood")) {
            var rest = bytes[...]
            while !isOver() {
                let sent = unsafe rest.withUnsafeBytes { part in
                    unsafe Glibc.send(descriptor, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { break }
                rest = sent == rest.count ? bytes[...] : rest.dropFirst(sent)
            }
            close(descriptor)
        }
    }
}
