extension LoadClient {
    /// Collects the answer's head; true once it is accepted, with `position` after it.
    mutating func readHead(_ chunk: Span<UInt8>, _ position: inout Int, _ handshake: Handshake, _ script: ClientScript)
        -> Bool
    {
        while position < chunk.count {
            head.append(chunk[position])
            position += 1
            if head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
                let refusal = judge(handshake, script)
                head = []
                if let refusal { phase = .ended(.refused(.handshake(refusal))) }
                return refusal == nil
            }
            guard head.count < Handshake.maximumHead else {
                phase = .ended(.refused(.handshake(.headTooLong)))
                return false
            }
        }
        return false
    }

    private mutating func judge(_ handshake: Handshake, _ script: ClientScript) -> Handshake.Refusal? {
        if script.clientProtocol == .sse {
            switch EventStreamHead.judge(head) {
            case .refused(let refusal): return refusal
            case .accepted(let isChunked):
                events = EventStreamParser(isChunked: isChunked)
                isEventStream = true
                return nil
            }
        }
        switch handshake.judge(head) {
        case .refused(let refusal): return refusal
        case .accepted: return nil
        }
    }

    mutating func opened(_ script: ClientScript) {
        switch script.clientProtocol {
        case .plain, .payload, .sse:
            phase = .subscribed
            wasOpened = true
        case .graphql:
            send("{\"type\":\"connection_init\"}")
            phase = .acknowledging
        }
    }
}
