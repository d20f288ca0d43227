internal import GraphQLTransport
internal import WebSockets

extension DemoUpstream {
    /// Misbehaves from now on, until another fault is set.
    ///
    /// `silent`, `garbage`, `invalidMessage` and `oversized` concern the links that are acknowledged now, at once, and
    /// later ones right after their ack; the other faults concern handshakes. A link that fell silent stays so when the
    /// fault is lifted, until it ends.
    package func setFault(_ fault: Fault) {
        self.fault = fault
        for link in Array(links.values) where link.machine.isAcknowledged { misbehave(link) }
    }

    /// Closes every link with a code, or cuts its connection when there is none.
    package func dropLinks(code: UInt16?) {
        for link in Array(links.values) {
            if let code, !link.isSilent {
                close(link, CloseCode(rawValue: code), "closed on purpose")
            } else {
                release(link)
                _ = link.machine.close(.goingAway)
                link.socket.terminate()
            }
        }
    }

    /// Sends this many events to every operation on `manual`; their numbers go on even where nobody subscribes now.
    package func emit(_ count: Int) {
        for feed in Array(feeds.values) {
            guard case .manual(let payload) = feed.source else { continue }
            // In portions, so that a link gets the chance to pass on what it holds.
            let portion = max(1, 1 << 18 / (payload + 256))
            var left = count
            while left > 0 {
                produce(feed, min(portion, left))
                left -= portion
            }
        }
    }

    /// Does to an acknowledged link what the fault asks for.
    func misbehave(_ link: Link) {
        switch fault {
        case .none, .refuseUpgrade, .refuseInit, .closeBeforeAck, .neverAcknowledge: return
        case .silent:
            link.fallSilent()
        case .garbage:
            // FIN and all reserved bits, the reserved opcode 15, a mask bit no server sets, no payload.
            link.sendLast(raw: [0xFF, 0x80, 0, 0, 0, 0])
        case .invalidMessage:
            link.send(Array(#"{"type":"next","id":7,"payload":"#.utf8))
            link.fallSilent()
        case .oversized(let bytes):
            let room = min(max(64, bytes), 64 << 20) - MessageWriter.ping(payload: Array(#"{"padding":""}"#.utf8)).count
            let padding = String(repeating: "x", count: max(0, room))
            link.send(oversized: MessageWriter.ping(payload: Array(#"{"padding":"\#(padding)"}"#.utf8)))
        }
        deliver(link)
    }
}
