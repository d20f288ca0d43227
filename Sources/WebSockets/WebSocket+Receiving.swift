/// What comes from the peer.
extension WebSocket {
    /// Takes a fragment, and hands the message over when it is whole.
    func receive(_ fragment: UnsafeBufferPointer<UInt8>, isFirst: Bool, isFinal: Bool, isText: Bool) {
        guard phase == .open else { return }
        guard isFirst, isFinal, fragment.count <= limits.messageSize else {
            return unsafe gather(fragment, isFirst: isFirst, isFinal: isFinal, isText: isText)
        }
        nonisolated(unsafe) let fragment = unsafe fragment
        delegate.assumeIsolated { delegate in
            let bytes = unsafe Span(_unsafeElements: fragment)
            delegate.received(bytes, isText: isText, on: self)
        }
    }

    /// Takes a piece of a message that comes in several, or is too large.
    private func gather(_ piece: UnsafeBufferPointer<UInt8>, isFirst: Bool, isFinal: Bool, isText: Bool) {
        let message = isFirst ? ArrivingMessage() : arriving ?? ArrivingMessage()
        let before = message.arrived
        let (total, overflows) = before.addingReportingOverflow(piece.count)
        guard !overflows, total <= max(limits.messageSize, limits.skipSize) else { return exceeded() }
        message.arrived = total
        arriving = isFinal ? nil : message
        if total > limits.messageSize {
            unsafe skip(piece, of: message, behind: before, isFinal: isFinal, isText: isText)
        } else {
            unsafe message.bytes.append(contentsOf: piece)
            if isFinal {
                message.gathering = nil
                let whole = message.bytes
                delegate.assumeIsolated { $0.received(whole.span, isText: isText, on: self) }
            } else {
                note(message)
            }
        }
        if !isFinal, phase == .open, total / progressSize > before / progressSize {
            clientDelegate?.assumeIsolated { $0.advanced(self) }
        }
    }

    /// What of an unfinished message counts as a sign of life, in bytes.
    ///
    /// A peer may take its time, not for ever: a sixteenth of the largest message, so that the number of signs is bounded.
    private var progressSize: Int { max(64 * 1024, limits.messageSize / 16) }

    /// Passes a piece of a message that is too large on, and before its first one what was gathered of it.
    private func skip(
        _ piece: UnsafeBufferPointer<UInt8>,
        of message: ArrivingMessage,
        behind before: Int,
        isFinal: Bool,
        isText: Bool
    ) {
        let gathered = message.bytes
        message.bytes = []
        if !gathered.isEmpty {
            clientDelegate?.assumeIsolated {
                $0.skipped(gathered.span, isFirst: true, isFinal: false, isText: isText, on: self)
            }
            guard phase == .open else { return }
        }
        nonisolated(unsafe) let piece = unsafe piece
        clientDelegate?.assumeIsolated { delegate in
            let bytes = unsafe Span(_unsafeElements: piece)
            delegate.skipped(bytes, isFirst: before == 0, isFinal: isFinal, isText: isText, on: self)
        }
    }

    /// Takes a control frame that libwebsockets doesn't see (RFC 6455, section 5.5).
    func receive(_ opcode: FrameHead.Opcode, _ control: [UInt8]) {
        switch opcode {
        case .ping: if phase == .open { enqueue(.pong, control) }
        case .pong: if phase == .open { delegate.assumeIsolated { $0.ponged(self) } }
        case .close:
            var payload = control
            // What may not be on the wire is told as a violation (section 7.4).
            if payload.count >= 2, !Self.mayBeSent(UInt16(payload[0]) << 8 | UInt16(payload[1])) {
                payload.replaceSubrange(..<2, with: [UInt8(1002 >> 8), UInt8(1002 & 0xFF)])
            }
            guard unsafe payload.withUnsafeBufferPointer({ unsafe peerCloses($0) }) else { return terminate() }
            enqueue(.close, payload.prefix(2))
            // The server ends the connection first (section 7.1.1).
            loop.closings.append(self)
        case .text, .binary: break
        }
    }

    private static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The peer's bytes are no frames.
    func violated(_ reason: String) {
        refuse(1002, "Protocol error", because: reason)
        terminate()
    }

    /// A message arrives, or is announced, that is larger than any that is taken or skipped.
    func exceeded() {
        arriving = nil
        refuse(1009, "Message too big", because: "a message exceeds \(max(limits.messageSize, limits.skipSize)) bytes")
        // A server's peer is told in peace; of a dialled one nothing that follows could be understood.
        if isClient { terminate() }
    }

    /// Closes it for what the peer sent; its owner is told at once.
    private func refuse(_ code: UInt16, _ text: String, because reason: String) {
        guard phase == .open else { return }
        closure.reason = reason
        close(code, text)
        tellOver()
    }

    /// Returns false when the handshake is over with this: we had sent our own close frame.
    func peerCloses(_ payload: UnsafeBufferPointer<UInt8>) -> Bool {
        if payload.count == 1, phase == .open {
            refuse(1002, "Half a close code", because: "half a close code")
            return false
        }
        if payload.count >= 2 {
            closure.code = unsafe UInt16(payload[0]) << 8 | UInt16(payload[1])
            // An answer to our own close says nothing new.
            if closure.ownCode == nil {
                closure.reason = unsafe String(decoding: payload.dropFirst(2), as: UTF8.self)
            }
        } else if closure.reason.isEmpty {
            closure.code = closure.ownCode == nil ? 1005 : nil
        }
        let continues = phase == .open
        phase = .closing
        if continues { tellOver() }
        return continues
    }

    /// Tells a dialled socket's owner that nothing more will come of it, however long the connection stays.
    func tellOver() {
        guard phase == .closing else { return }
        let closure = closure
        clientDelegate?.assumeIsolated { $0.closing(self, closure) }
    }

    private var clientDelegate: (any WebSocketClientDelegate)? { delegate as? any WebSocketClientDelegate }
}
