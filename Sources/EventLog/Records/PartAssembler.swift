/// Puts payloads together whose parts come in order.
///
/// A leader appends the parts of a payload one after the other, with nothing in between. So there is one payload at
/// most that lacks parts, and whatever else is read meanwhile ends it: a leader died, or the log lost a message.
package struct PartAssembler {
    private struct Payload {
        let place: TopicPlace
        let term: UInt64
        let count: Int
        var next = 0
        var bytes: [UInt8] = []
    }

    /// The largest payload that is put together, in bytes.
    private let limit: Int
    private var open: Payload?
    /// How many parts were dropped, because a part before or after them was missing, or their payload was too large.
    package private(set) var dropped: UInt64 = 0

    package init(limit: Int) { self.limit = limit }

    /// Takes a part; the payload when it is the last one.
    package mutating func take(_ part: PayloadPart, at place: TopicPlace, term: UInt64) -> [UInt8]? {
        if part.index == 0 {
            interrupt()
            open = Payload(place: place, term: term, count: part.count)
        }
        guard var payload = open.take() else {
            dropped += 1
            return nil
        }
        guard payload.place == place, payload.term == term, payload.count == part.count, payload.next == part.index,
            part.bytes.count <= limit - payload.bytes.count
        else {
            dropped += UInt64(payload.next) + 1
            return nil
        }
        payload.bytes += part.bytes
        payload.next += 1
        if payload.next == payload.count { return payload.bytes }
        open = payload
        return nil
    }

    /// Gives up a payload whose parts aren't all there.
    package mutating func interrupt() {
        dropped += UInt64(open.take()?.next ?? 0)
    }
}
