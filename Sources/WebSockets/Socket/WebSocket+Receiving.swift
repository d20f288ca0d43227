internal import Wire

/// Receiving messages and control frames.
extension WebSocket {
    /// Takes a fragment, and delivers the message when it is complete.
    ///
    /// - Parameter remaining: How many bytes of the fragment's frame are still to come.
    func receive(
        _ fragment: UnsafeBufferPointer<UInt8>,
        isFirst: Bool,
        isFinal: Bool,
        isText: Bool,
        remaining: Int = 0
    ) {
        guard phase == .open else { return }
        guard isFirst, isFinal, fragment.count <= limits.messageSize else {
            return unsafe gather(fragment, isFirst: isFirst, isFinal: isFinal, isText: isText, remaining: remaining)
        }
        tellArrival(of: fragment.count, isSmallFragment: false)
        deliver(unsafe Span(_unsafeElements: fragment), isText: isText)
    }

    /// Delivers a complete message; text from a client must be UTF-8 (RFC 6455, section 8.1).
    private func deliver(_ message: Span<UInt8>, isText: Bool) {
        if isText, !isClient, !message.isText { return refuse(1007, "Bad UTF-8", because: "a text that is no UTF-8") }
        delegate.onLoop { $0.received(message, isText: isText, on: self) }
    }

    /// Takes a piece of a message that arrives in several pieces, or is too large.
    private func gather(
        _ piece: UnsafeBufferPointer<UInt8>,
        isFirst: Bool,
        isFinal: Bool,
        isText: Bool,
        remaining: Int
    ) {
        let message = isFirst ? ArrivingMessage() : arriving ?? ArrivingMessage()
        let before = message.arrived
        let (total, overflows) = before.addingReportingOverflow(piece.count)
        let largest = max(limits.messageSize, limits.skipSize)
        // Bytes that are announced count too, so that a frame is refused as soon as its first bytes arrive.
        guard !overflows, total <= largest, remaining <= largest - total else { return exceeded() }
        message.arrived = total
        arriving = isFinal ? nil : message
        let isSmall = message.endsSmallFragment(piece.count, isFinal: isFinal, remaining: remaining)
        tellArrival(of: piece.count, isSmallFragment: isSmall)
        guard phase == .open else { return arriving = nil }
        if total > limits.messageSize {
            unsafe skip(piece, of: message, behind: before, isFinal: isFinal, isText: isText)
        } else {
            unsafe message.bytes.append(contentsOf: piece)
            if isFinal {
                message.gathering = nil
                let whole = message.bytes
                deliver(whole.span, isText: isText)
            } else {
                note(message)
            }
        }
        if !isFinal, phase == .open, total / progressSize > before / progressSize {
            clientDelegate?.onLoop { $0.advanced(self) }
        }
    }

    /// Tells an accepted socket's owner how much a client sends, before it is a message.
    private func tellArrival(of count: Int, isSmallFragment: Bool) {
        if !isClient { delegate.onLoop { $0.arrived(count, isSmallFragment: isSmallFragment, on: self) } }
    }

    /// How many bytes of an unfinished message count as a sign of life.
    ///
    /// A sixteenth of the largest message, so that their number is bounded: a peer may be slow, but not for ever.
    private var progressSize: Int { max(64 * 1024, limits.messageSize / 16) }

    /// Passes on a piece of a message that is too large; the bytes gathered before it come first.
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
            clientDelegate?.onLoop {
                $0.skipped(gathered.span, isFirst: true, isFinal: false, isText: isText, on: self)
            }
            guard phase == .open else { return }
        }
        nonisolated(unsafe) let piece = unsafe piece
        clientDelegate?.onLoop { delegate in
            let bytes = unsafe Span(_unsafeElements: piece)
            delegate.skipped(bytes, isFirst: before == 0, isFinal: isFinal, isText: isText, on: self)
        }
    }

    /// Handles a control frame of a server, which libwebsockets doesn't see (RFC 6455, section 5.5).
    func receive(_ opcode: FrameHead.Opcode, _ control: [UInt8]) {
        switch opcode {
        case .ping: if phase == .open { enqueue(.pong, control) }
        case .pong: if phase == .open { delegate.onLoop { $0.ponged(self) } }
        case .close:
            var payload = control
            // A code that must not be sent counts as a protocol error (section 7.4).
            if payload.count >= 2, !CloseFrame.maySend(UInt16(payload[0]) << 8 | UInt16(payload[1])) {
                payload.replaceSubrange(..<2, with: [UInt8(1002 >> 8), UInt8(1002 & 0xFF)])
            }
            guard unsafe payload.withUnsafeBufferPointer({ unsafe peerCloses($0) }) else { return terminate() }
            enqueue(.close, Array(payload.prefix(2)))
            // The server closes the connection first (section 7.1.1).
            loop.limitClosing(self)
        case .text, .binary: break
        }
    }

    /// Closes a connection whose bytes aren't valid frames.
    func violated(_ reason: String) {
        refuse(1002, "Protocol error", because: reason)
        terminate()
    }

    /// Closes a connection whose message is too large to be received or skipped.
    func exceeded() {
        arriving = nil
        refuse(1009, "Message too big", because: "a message exceeds \(max(limits.messageSize, limits.skipSize)) bytes")
        // A client has time to read the close frame. A server is cut off, since its further bytes can't be parsed.
        if isClient { terminate() }
    }

    /// Closes the connection because of what the peer sent; the owner is notified at once.
    private func refuse(_ code: UInt16, _ text: String, because reason: String) {
        guard phase == .open else { return }
        closure.reason = reason
        close(code, text)
        tellOver()
    }

    /// Handles the peer's close frame; false when it needs no answer, because we have sent a close frame.
    func peerCloses(_ payload: UnsafeBufferPointer<UInt8>) -> Bool {
        if phase == .open, let flaw = unsafe flaw(ofClose: payload) {
            refuse(flaw.code, flaw.text, because: flaw.text.lowercased())
            return false
        }
        if payload.count >= 2 {
            closure.code = unsafe UInt16(payload[0]) << 8 | UInt16(payload[1])
            // The reason in an answer to our own close frame isn't kept.
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

    /// What is wrong with a close frame (RFC 6455, sections 5.5.1, 7.4 and 8.1), and the close code to answer it with.
    ///
    /// A server's code has been checked before. For a client, libwebsockets 4.1.6 replaces codes that it refuses by
    /// 1002.
    private func flaw(ofClose payload: UnsafeBufferPointer<UInt8>) -> (code: UInt16, text: String)? {
        if payload.count == 1 { return (1002, "Half a close code") }
        guard payload.count >= 2, !isClient else { return nil }
        guard unsafe CloseFrame.maySend(UInt16(payload[0]) << 8 | UInt16(payload[1])) else {
            return (1002, "Bad close code")
        }
        let reason = unsafe UnsafeBufferPointer(rebasing: payload.dropFirst(2))
        let isText = unsafe Span(_unsafeElements: reason).isText
        return isText ? nil : (1007, "Bad UTF-8 in a close reason")
    }

    /// Notifies the owner of a dialled socket that nothing more will arrive, though the connection may last for a
    /// while.
    func tellOver() {
        guard phase == .closing else { return }
        let closure = closure
        clientDelegate?.onLoop { $0.closing(self, closure) }
    }

    private var clientDelegate: (any WebSocketClientDelegate)? { delegate as? any WebSocketClientDelegate }
}

extension Span<UInt8> {
    /// Whether it is UTF-8.
    fileprivate var isText: Bool {
        do {
            _ = try UTF8Span(validating: self)
            return true
        } catch {
            return false
        }
    }
}
