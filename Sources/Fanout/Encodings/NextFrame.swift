internal import GraphQLTransport
internal import Wire

/// A `next` message of one operation as a whole WebSocket frame.
enum NextFrame {
    /// Appends a frame.
    ///
    /// - Parameter prefix: What comes before the payload, with the operation's id; it ends with `"payload":`.
    /// - Returns: Where the prefix stands, so that another prefix of the same length can replace it.
    @inline(__always)
    @discardableResult
    static func append(_ prefix: [UInt8], _ payload: ArraySlice<UInt8>, to bytes: inout [UInt8]) -> Int {
        FrameHead.append(.text, payload: prefix.count + payload.count + MessageWriter.nextSuffix.count, to: &bytes)
        let place = bytes.count
        bytes += prefix
        bytes += payload
        bytes += MessageWriter.nextSuffix
        return place
    }
}
