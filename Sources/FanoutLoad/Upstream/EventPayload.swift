/// Makes the payloads of a topic `tick`: `{"data":{"tick":{"n":…,"at":…,"pad":"…"}}}`.
struct EventPayload {
    private static let start = Array(#"{"data":{"tick":{"n":"#.utf8)
    private static let time = Array(#","at":"#.utf8)
    private static let padding = Array(#","pad":""#.utf8)
    private static let end = Array("\"}}}".utf8)

    /// The length of the shortest payload, for numbers below 10^9.
    static let shortest = start.count + 9 + time.count + 17 + padding.count + end.count

    /// The payload's length in bytes, if it isn't below the shortest.
    let size: Int

    /// Appends the payload of event `number`, with its time in microseconds since the Unix epoch.
    func append(_ number: UInt64, at microseconds: Int64, to output: inout [UInt8]) {
        let begin = output.count
        output += Self.start
        Self.append(number, to: &output)
        output += Self.time
        let time = UInt64(clamping: microseconds)
        Self.append(time / 1000, to: &output)
        output.append(UInt8(ascii: "."))
        let fraction = time % 1000
        output.append(UInt8(ascii: "0") + UInt8(fraction / 100))
        output.append(UInt8(ascii: "0") + UInt8(fraction / 10 % 10))
        output.append(UInt8(ascii: "0") + UInt8(fraction % 10))
        output += Self.padding
        let missing = size - (output.count - begin) - Self.end.count
        for _ in 0..<max(0, missing) { output.append(UInt8(ascii: "x")) }
        output += Self.end
    }

    private static func append(_ number: UInt64, to output: inout [UInt8]) {
        output += String(number).utf8
    }
}
