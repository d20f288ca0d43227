/// Adds a member to the `extensions` of an execution result, raw JSON to raw JSON, without decoding either.
package enum ResultExtension {
    /// Appends a result whose `extensions` have one more member, which replaces one of the same name.
    ///
    /// All other bytes stay as they are. A result that can't be read is appended unchanged.
    ///
    /// - Parameters:
    ///   - result: A JSON object.
    ///   - name: The member's name, which needs no escapes.
    ///   - value: Any JSON value.
    package static func append(
        _ result: Span<UInt8>,
        setting name: StaticString,
        to value: [UInt8],
        into output: inout [UInt8]
    ) {
        guard let message = try? MessageScanner.scanPayload(result, maximumDepth: JSONScanner.depthLimit) else {
            return output.append(result, in: 0..<result.count)
        }
        let extensions = message.extensions
        let old = extensions.kind == .object ? JSONScanner.member(name, of: extensions.range, in: result) : .absent
        let isTwice = old.kind != .absent && JSONScanner.extent(of: name, in: extensions.range, of: result) == nil
        guard extensions.kind == .object, !isTwice else {
            // Null, and whatever else the specifications don't allow here, is replaced.
            let place = extensions.kind == .absent ? end(of: message.payload.range) : extensions.range
            output.append(result, in: 0..<place.lowerBound)
            if extensions.kind == .absent {
                if !isEmpty(message.payload.range, in: result) { output.append(UInt8(ascii: ",")) }
                output.append("\"extensions\":")
            }
            output.append(UInt8(ascii: "{"))
            appendMember(name, value, to: &output)
            output.append(UInt8(ascii: "}"))
            return output.append(result, in: place.upperBound..<result.count)
        }
        guard old.kind == .absent else {
            output.append(result, in: 0..<old.range.lowerBound)
            output.append(contentsOf: value)
            return output.append(result, in: old.range.upperBound..<result.count)
        }
        append(result, adding: name, value, to: extensions.range, into: &output)
    }

    /// Appends bytes in which an object has one more member at its end.
    static func append(
        _ bytes: Span<UInt8>,
        adding name: StaticString,
        _ value: [UInt8],
        to object: Range<Int>,
        into output: inout [UInt8]
    ) {
        let place = end(of: object)
        output.append(bytes, in: 0..<place.lowerBound)
        if !isEmpty(object, in: bytes) { output.append(UInt8(ascii: ",")) }
        appendMember(name, value, to: &output)
        output.append(bytes, in: place.upperBound..<bytes.count)
    }

    /// What to cut from a scanned result so that its `extensions`, an object, lack a member: `extensions` as a whole if
    /// that is all of them; nil when there is no such member, or more than one.
    static func cut(_ name: StaticString, from message: Message, of result: Span<UInt8>) -> Range<Int>? {
        guard let member = JSONScanner.extent(of: name, in: message.extensions.range, of: result) else { return nil }
        var start = message.extensions.range.lowerBound + 1
        JSONScanner.skipWhitespace(result, &start)
        var rest = member.upperBound
        JSONScanner.skipWhitespace(result, &rest)
        let isAll = start >= member.lowerBound && rest == message.extensions.range.upperBound - 1
        // Where `extensions` stand twice the former ones would count.
        let whole = isAll ? JSONScanner.extent(of: "extensions", in: message.payload.range, of: result) : nil
        return whole ?? member
    }

    private static func appendMember(_ name: StaticString, _ value: [UInt8], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        output.append(name)
        output.append("\":")
        output.append(contentsOf: value)
    }

    /// The empty place before an object's closing brace.
    private static func end(of object: Range<Int>) -> Range<Int> {
        object.upperBound - 1..<object.upperBound - 1
    }

    private static func isEmpty(_ object: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        var position = object.lowerBound + 1
        JSONScanner.skipWhitespace(bytes, &position)
        return position == object.upperBound - 1
    }
}
