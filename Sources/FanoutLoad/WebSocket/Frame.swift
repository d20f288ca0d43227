/// A whole message or control frame, as found by `FrameParser`.
struct Frame: Equatable {
    /// What a frame is for.
    enum Kind: Equatable {
        case text
        case binary
        case close
        case ping
        case pong
    }

    /// Where the payload's bytes are, so that a frame that arrived whole is never copied.
    enum Place: Equatable {
        /// At these offsets of the chunk given to the parser.
        case chunk(Range<Int>)
        /// In the parser, which collected it from several chunks or fragments.
        case held
    }

    /// What the frame is for; that of the first fragment if there were several.
    var kind: Kind
    /// Where its payload is until the parser's next step.
    var place: Place
    /// The whole payload's length in bytes, which exceeds what is held of a message longer than the window.
    var length: UInt64
}
