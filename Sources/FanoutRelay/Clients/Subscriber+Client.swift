internal import Fanout

extension Subscriber {
    /// Its client, which owns it, without a counted reference.
    @inline(__always)
    var clientReference: Unmanaged<Client> { unsafe Unmanaged.fromOpaque(owner.toOpaque()) }

    /// Its client.
    var client: Client { unsafe clientReference.takeUnretainedValue() }
}
