/// A message that arrives in several pieces, until it is complete or given up.
///
/// An object of its own, since few clients send such messages: an idle socket only holds a nil reference.
final class ArrivingMessage {
    /// The bytes that have arrived, while they are within the limit; empty for a message that is being skipped.
    var bytes: [UInt8] = []
    /// How many bytes have arrived.
    var arrived = 0
    /// Counts these bytes; nil while there are too few to count.
    var gathering: GatheringLedger.Gathering?
}
