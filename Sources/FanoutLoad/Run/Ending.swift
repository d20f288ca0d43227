/// How a connection ended, or why it was never opened.
enum Ending: Equatable {
    /// Why a connection was not opened.
    enum Refusal: Equatable {
        /// The connect failed with this error number.
        case connect(Int32)
        /// The TLS handshake failed, in OpenSSL's words.
        case tls(String)
        case handshake(Handshake.Refusal)
        /// Opening took longer than allowed.
        case timeout
        /// The server left before the subscription was sent.
        case early(Departure)
    }

    /// How a server left.
    enum Departure: Equatable {
        /// By a close frame; without a code if nil.
        case close(UInt16?)
        /// By the end of the stream without a close frame.
        case endOfStream
        /// With this error number.
        case error(Int32)
        /// We left because of an invalid frame.
        case violation(FrameViolation)
        /// We left because the chunks of the transfer were invalid.
        case brokenChunks
    }

    case refused(Refusal)
    case closed(Departure)
    /// The run was over.
    case left
}

extension Ending.Refusal: CustomStringConvertible {
    var description: String {
        switch self {
        case .connect(let code): "connect: \(SystemError.words(for: code))"
        case .tls(let words): "TLS: \(words)"
        case .handshake(let refusal): refusal.description
        case .timeout: "timeout"
        case .early(let departure): "closed while opening: \(departure)"
        }
    }
}

extension Ending.Departure: CustomStringConvertible {
    var description: String {
        switch self {
        case .close(let code?): "\(code)"
        case .close(nil): "no code"
        case .endOfStream: "no close frame"
        case .error(let code): SystemError.words(for: code)
        case .brokenChunks: "broken chunks"
        case .violation(let violation): "broken frame: \(violation.rawValue)"
        }
    }
}
