/// A message that begins with the version of its form, so that a later release can have another one.
protocol CodedMessage {
    /// What is written, and the latest version that is read.
    static var version: UInt8 { get }
    /// What a reader fills in.
    static var blank: Self { get }

    /// The fields behind the version.
    mutating func code(_ coder: inout some FieldCoder) throws(RecordError)
}

extension CodedMessage {
    /// Reads a message, which must not be longer than it says.
    static func read(_ bytes: [UInt8]) throws(RecordError) -> Self {
        var (reader, message) = (FieldReader(bytes), blank)
        try codeVersion(&reader)
        try message.code(&reader)
        guard reader.left == 0 else { throw .trailingBytes(reader.left) }
        return message
    }

    /// The message's form.
    func written() throws(RecordError) -> [UInt8] {
        var (writer, copy) = (FieldWriter(), self)
        try Self.codeVersion(&writer)
        try copy.code(&writer)
        return writer.written
    }

    private static func codeVersion(_ coder: inout some FieldCoder) throws(RecordError) {
        var version = Self.version
        try coder.byte(&version)
        guard version > 0 else { throw .malformed(.version) }
        guard version <= Self.version else { throw .laterVersion(version) }
    }
}
