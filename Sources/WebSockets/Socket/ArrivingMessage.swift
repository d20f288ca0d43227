/// A message that arrives in several pieces, until it is whole or given up.
///
/// An object of its own, since hardly a client sends such messages: an idle socket holds a nil reference.
final class ArrivingMessage {
    /// What has arrived, while it is within the limit; empty for a message that is being skipped.
    var bytes: [UInt8] = []
    /// How many bytes of it have arrived.
    var arrived = 0
    /// What it counts; nil while that is nothing.
    var gathering: GatheringLedger.Gathering?
}
