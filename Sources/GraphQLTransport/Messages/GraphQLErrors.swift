/// Arrays of GraphQL errors: the payload of an `error` message, and the member `errors` of a result.
package enum GraphQLErrors {
    /// Whether the member `errors` of a result counts: it isn't missing, null or an empty array.
    static func occur(in token: JSONToken, of bytes: Span<UInt8>) -> Bool {
        guard token.kind == .array else { return !token.isAbsentOrNull }
        var position = token.range.lowerBound + 1
        JSONScanner.skipWhitespace(bytes, &position)
        return position != token.range.upperBound - 1
    }

    /// Whether a token of validated bytes is a non-empty array of objects with a `message`.
    static func isValid(_ token: JSONToken, in bytes: Span<UInt8>) -> Bool {
        guard token.kind == .array else { return false }
        do {
            var position = token.range.lowerBound
            var count = 0
            var elements = try JSONElements(bytes, &position, depth: JSONScanner.depthLimit)
            while try elements.next(bytes, &position) {
                guard try isError(bytes, &position) else { return false }
                count += 1
            }
            return count > 0
        } catch {
            return false
        }
    }

    /// The place of the errors in an `error` message: its payload, or the payload's member `errors`.
    static func place(in message: Message, of bytes: Span<UInt8>) -> Range<Int> {
        isValid(message.errors, in: bytes) ? message.errors.range : message.payload.range
    }

    /// The errors of a `failed` action as a JSON array in which every error has a `message`.
    ///
    /// A single error is put into an array (L4). An error without a `message` becomes the extension `payload` of one
    /// that has.
    package static func array(_ bytes: Span<UInt8>, in range: Range<Int>) -> [UInt8] {
        let part = bytes.extracting(range)
        guard let token = try? JSONScanner.scan(part, maximumDepth: JSONScanner.depthLimit) else {
            return MessageWriter.errors(message: missingMessage)
        }
        var output: [UInt8] = []
        output.reserveCapacity(part.count + 2)
        if isValid(token, in: part) {
            output.append(part, in: token.range)
        } else if message(of: token, in: part) != nil {
            output.append(UInt8(ascii: "["))
            output.append(part, in: token.range)
            output.append(UInt8(ascii: "]"))
        } else {
            output.append("[{\"message\":")
            JSONString.append(missingMessage, to: &output)
            output.append(",\"extensions\":{\"payload\":")
            output.append(part, in: token.range)
            output.append("}}]")
        }
        return output
    }

    private static let missingMessage = "the server named no reason"

    /// The only element of a raw JSON array; nil if there are none or several.
    static func single(_ errors: Span<UInt8>) -> Range<Int>? {
        var position = 0
        JSONScanner.skipWhitespace(errors, &position)
        guard position < errors.count, errors[position] == UInt8(ascii: "[") else { return nil }
        do {
            var elements = try JSONElements(errors, &position, depth: JSONScanner.depthLimit)
            guard try elements.next(errors, &position) else { return nil }
            let element = try JSONScanner.value(errors, &position, depth: JSONScanner.depthLimit - 1)
            guard try !elements.next(errors, &position) else { return nil }
            return element.range
        } catch {
            return nil
        }
    }

    /// The `message` of an error in validated bytes; nil if it isn't a string.
    static func message(of error: JSONToken, in bytes: Span<UInt8>) -> String? {
        guard error.kind == .object else { return nil }
        do {
            var position = error.range.lowerBound
            var message = JSONToken.absent
            var members = try JSONMembers(bytes, &position, depth: JSONScanner.depthLimit)
            while let key = try members.nextKey(bytes, &position) {
                let value = try JSONScanner.value(bytes, &position, depth: JSONScanner.depthLimit)
                if JSONString.equals(key, "message", in: bytes) { message = value }
            }
            return JSONString.decode(message, in: bytes)
        } catch {
            return nil
        }
    }

    private static func isError(_ bytes: Span<UInt8>, _ position: inout Int) throws(ScanError) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else { return false }
        var hasMessage = false
        var members = try JSONMembers(bytes, &position, depth: JSONScanner.depthLimit)
        while let key = try members.nextKey(bytes, &position) {
            if JSONString.equals(key, "message", in: bytes) { hasMessage = true }
            _ = try JSONScanner.value(bytes, &position, depth: JSONScanner.depthLimit)
        }
        return hasMessage
    }
}
