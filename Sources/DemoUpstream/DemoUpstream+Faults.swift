internal import GraphQLTransport
internal import WebSockets

extension DemoUpstream {
    /// Misbehaves from now on, until another fault is set.
    ///
    /// - `silent`, `garbage`, `invalidMessage`, `unknownType`, `unknownID`, `binary` and `oversized` affect
    ///   acknowledged links at once, and later links right after their ack.
    /// - `endTwice` and `hugePayload` affect operations that run now, and later ones.
    /// - The other faults affect later handshakes and subscriptions.
    ///
    /// A link that fell silent stays silent until it ends, even when the fault is lifted.
    package func setFault(_ fault: Fault) {
        self.fault = fault
        for link in Array(links.values) where link.machine.isAcknowledged {
            misbehave(link)
            for id in link.operations.keys { misbehave(link, id) }
        }
    }

    /// Cuts every link with a TCP reset.
    package func resetLinks() {
        for link in Array(links.values) {
            release(link)
            _ = link.machine.close(.goingAway)
            link.socket.reset()
        }
    }

    /// Closes every link with a code, or cuts its connection when no code is given.
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

    /// Sends this many events to every operation on `manual`; events are numbered even when nobody subscribes.
    package func emit(_ count: Int) {
        for feed in Array(feeds.values) {
            guard case .manual(let payload) = feed.source else { continue }
            // In portions, so that links can send what waits in between.
            let portion = max(1, 1 << 18 / (payload + 256))
            var left = count
            while left > 0 {
                produce(feed, min(portion, left))
                left -= portion
            }
        }
    }

    /// Applies the fault to an acknowledged link.
    func misbehave(_ link: Link) {
        switch fault {
        case .none, .refuseUpgrade, .refuseInit, .closeBeforeAck, .neverAcknowledge, .acknowledgeLate, .nextBeforeAck,
            .endTwice, .denyID, .hugePayload:
            return
        case .silent:
            link.fallSilent()
        case .garbage:
            // FIN with all reserved bits, the reserved opcode 15, a mask bit that no server sets, and no payload.
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

    /// Applies the fault to an operation.
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

    /// An id that no client uses.
    static let unusedID = "nobody's"
    static let nothing = Array(#"{"data":null}"#.utf8)

    /// A message padded to a size.
    private static func padded(_ bytes: Int, _ message: (String) -> [UInt8]) -> [UInt8] {
        let room = min(max(64, bytes), 64 << 20) - message("").count
        return message(String(repeating: "x", count: max(0, room)))
    }
}
