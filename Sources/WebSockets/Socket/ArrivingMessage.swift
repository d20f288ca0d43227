/// A message that arrives in several pieces, until it is complete or given up.
///
/// An object of its own, since few clients send such messages: an idle socket only holds a nil reference.
final class ArrivingMessage {
    /// The bytes that have arrived, while they are within the limit; empty for a message that is being skipped.
    var bytes: [UInt8] = []
    /// How many bytes have arrived.
    var arrived = 0
    /// How many bytes of the frame have arrived whose rest is still to come.
    private var ofFrame = 0
    /// Counts these bytes; nil while there are too few to count.
    var gathering: GatheringLedger.Gathering?

    /// From this size on a fragment costs little more than its bytes.
    static let fragmentSize = 128

    /// Whether this piece ends a fragment that is smaller than `fragmentSize`, and isn't the message's last one.
    func endsSmallFragment(_ count: Int, isFinal: Bool, remaining: Int) -> Bool {
        ofFrame += count
        guard remaining == 0 else { return false }
        defer { ofFrame = 0 }
        return !isFinal && ofFrame < Self.fragmentSize
    }
}
