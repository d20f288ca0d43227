/// Bounds of what a record may hold, whoever wrote it.
package enum RecordLimits {
    /// Numbers of terms, events and messages: far more than there will be, and so few that none overflows by adding.
    package static let number: UInt64 = 1 << 62
    /// Bytes of a node's name.
    package static let node = 255
    /// Bytes of an epoch, so that a resume token with a number of 20 digits is within its 100 bytes.
    package static let epoch = 79
    /// Bytes of the reason for a gap or a refusal.
    package static let reason = 1024
    /// Bytes of a server's errors, a JSON array.
    package static let errors = 64 << 10
    /// Payloads of one record.
    package static let payloads = 1 << 16
    /// Records of one message.
    package static let records = 1 << 16
    /// Parts of one payload.
    package static let parts = 1 << 16

    /// As much of a text as fits a reason.
    package static func reason(_ text: String) -> String {
        guard text.utf8.count > reason else { return text }
        var (kept, size) = (String.UnicodeScalarView(), 0)
        for scalar in text.unicodeScalars {
            size += UTF8.width(scalar)
            if size > reason { break }
            kept.append(scalar)
        }
        return String(kept)
    }

    /// Errors that fit a record: others are replaced by one that says so.
    package static func errors(_ errors: [UInt8]) -> [UInt8] {
        errors.count <= Self.errors
            ? errors : Array(#"[{"message":"the server's errors are too long to be shared by the relays"}]"#.utf8)
    }
}
