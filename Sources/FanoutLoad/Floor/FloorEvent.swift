/// The floor's frames: the envelope of `fanout.v1.json` around a payload of `EventPayload`.
enum FloorEvent {
    private static let start = Array(#"{"type":"event","topic":"tick","epoch":"floor","sequence":"#.utf8)
    private static let middle = Array(#","payload":"#.utf8)

    /// The bytes of an envelope besides its payload, for numbers below 10^9.
    static let overhead = start.count + 9 + middle.count + 1

    /// Appends one whole frame.
    ///
    /// - Parameters:
    ///   - number: The event's number.
    ///   - size: The bytes of the frame's text; an event may need more.
    ///   - time: Microseconds since the Unix epoch.
    ///   - output: The bytes to append to.
    static func append(number: UInt64, size: Int, time: Int64, to output: inout [UInt8]) {
        var text: [UInt8] = []
        text.reserveCapacity(size + 32)
        text += start
        text += String(number).utf8
        text += middle
        EventPayload(size: size - text.count - 1).append(number, at: time, to: &text)
        text.append(UInt8(ascii: "}"))
        ServerFrames.append(.text, text, to: &output)
    }
}
