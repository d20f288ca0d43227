/// A limit of one client, or of one subject, that was met.
enum ClientLimit: String, CaseIterable {
    /// It sent too many messages within a second.
    case messageRate = "message_rate"
    /// It began too many operations within a second.
    case subscribeRate = "subscribe_rate"
    /// It has as many operations as it may.
    case operations
    /// Its subject has as many connections as it may.
    case subject
}
