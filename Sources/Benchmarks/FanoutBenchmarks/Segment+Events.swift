import Fanout
import GraphQLTransport
import WebSockets

extension Segment {
    /// So many events of 200 bytes each, recorded now.
    static func events(_ first: UInt64 = 1, count: Int) -> Segment {
        let payload = Array(#"{"data":{"tick":{"n":1,"at":1,"pad":"\#(String(repeating: "x", count: 160))"}}}"#.utf8)
        var batch = PayloadBatch()
        for _ in 0..<count { batch.append(payload.span) }
        return Segment(.events(first: first, batch), at: EventLoop.now)
    }
}
