internal import GraphQLTransport
internal import WebSockets

extension DemoUpstream {
    /// Misbehaves from now on, until another fault is set.
    ///
    /// `silent`, `garbage`, `invalidMessage`, `unknownType`, `unknownID`, `binary` and `oversized` concern the links that
    /// are acknowledged now, at once, and later ones right after their ack; `endTwice` and `hugePayload` the operations
    /// that run now and those that start later; the others handshakes and subscriptions to come. A link that fell
    /// silent stays so when the fault is lifted, until it ends.
    package func setFault(_ fault: Fault) {
        self.fault = fault
        for link in Array(links.values) where link.machine.isAcknowledged {
            misbehave(link)
            for id in link.operations.keys { misbehave(link, id) }
        }
    }

    /// Breaks every link off with a TCP reset.
    package func resetLinks() {
        for link in Array(links.values) {
            release(link)
            _ = link.machine.close(.goingAway)
            link.socket.reset()
        }
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
        case .none, .refuseUpgrade, .refuseInit, .closeBeforeAck, .neverAcknowledge, .acknowledgeLate, .nextBeforeAck,
            .endTwice, .denyID, .hugePayload:
            return
        case .silent:
            link.fallSilent()
        case .garbage:
            // FIN and all reserved bits, the reserved opcode 15, a mask bit no server sets, no payload.
            link.sendLast(raw: [0xFF, 0x80, 0, 0, 0, 0])
        case .invalidMessage:
            link.send(Array(#"{"type":"next","id":7,"payload":"#.utf8))
            link.fallSilent()
        case .unknownType:
            link.send(Array(#"{"id":"1","type":"rumour","payload":{"data":null}}"#.utf8))
        case .unknownID:
            link.send(MessageWriter.next(id: Self.unusedID, payload: Self.nothing))
            link.send(MessageWriter.error(id: Self.unusedID, message: "sent on purpose"))
            link.send(MessageWriter.complete(id: Self.unusedID))
        case .binary:
            link.send(binary: MessageWriter.ping())
        case .oversized(let bytes):
            link.send(
                oversized: Self.padded(bytes) { padding in
                    MessageWriter.ping(payload: Array(#"{"padding":"\#(padding)"}"#.utf8))
                }
            )
        }
        deliver(link)
    }

    /// Does to an operation what the fault asks for.
    func misbehave(_ link: Link, _ id: [UInt8]) {
        let text = String(decoding: id, as: UTF8.self)
        switch fault {
        case .none, .refuseUpgrade, .refuseInit, .closeBeforeAck, .neverAcknowledge, .acknowledgeLate, .nextBeforeAck,
            .silent, .garbage, .invalidMessage, .unknownType, .unknownID, .binary, .denyID, .oversized:
            return
        case .endTwice:
            guard let feed = link.remove(id), let message = link.machine.finish(id: text) else { return }
            leave(feed, id, link)
            link.send(message)
            link.send(MessageWriter.next(id: text, payload: Self.nothing))
            link.send(MessageWriter.error(id: text, message: "sent on purpose"))
            link.send(message)
        case .hugePayload(let bytes):
            link.send(
                oversized: Self.padded(bytes) { padding in
                    MessageWriter.next(id: text, payload: Array(#"{"data":{"padding":"\#(padding)"}}"#.utf8))
                }
            )
        }
        deliver(link)
    }

    /// No client makes such an id up.
    static let unusedID = "nobody's"
    static let nothing = Array(#"{"data":null}"#.utf8)

    /// A message that is padded to a size.
    private static func padded(_ bytes: Int, _ message: (String) -> [UInt8]) -> [UInt8] {
        let room = min(max(64, bytes), 64 << 20) - message("").count
        return message(String(repeating: "x", count: max(0, room)))
    }
}
