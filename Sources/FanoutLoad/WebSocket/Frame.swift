/// A whole message or control frame, found by `FrameParser`.
struct Frame: Equatable {
    /// The kind of a frame.
    enum Kind: Equatable {
        case text
        case binary
        case close
        case ping
        case pong
    }

    /// Where the payload is, so that a frame that arrived whole isn't copied.
    enum Place: Equatable {
        /// At these offsets of the chunk given to the parser.
        case chunk(Range<Int>)
        /// In the parser, which collected it from several chunks or fragments.
        case held
    }

    /// The frame's kind; with several fragments, that of the first.
    var kind: Kind
    /// Where the payload is until the parser's next step.
    var place: Place
    /// The whole payload's length in bytes; of a message longer than the window only a part is kept.
    var length: UInt64
}
