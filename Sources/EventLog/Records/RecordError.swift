/// Why bytes are no message of the log or about wanted topics, or why one can't be written.
package enum RecordError: Error, Equatable {
    /// A later release wrote the message: it is to be passed over whole.
    case laterVersion(UInt8)
    /// The message ends within a field.
    case truncated
    /// Bytes follow the last record.
    case trailingBytes(Int)
    /// No kind of record has this number.
    case unknownKind(UInt8)
    /// A field is longer, or a number larger, than any may be.
    case oversized(RecordField)
    /// A field has a value that nothing writes.
    case malformed(RecordField)
}

/// What the fields of a message are, for errors.
package enum RecordField: Sendable {
    case version, number, count, text, data, flag, status, payloads, part, place
}
