/// How lines of the log are written.
enum LogFormat: String, CaseIterable, Sendable {
    /// For people: time, level, what belongs to it, and the message.
    case text
    /// For machines: an object for each line.
    case json
}
