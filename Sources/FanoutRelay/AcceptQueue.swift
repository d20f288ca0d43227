internal import Glibc

/// The line of connections that wait to be accepted.
enum AcceptQueue {
    /// How many may wait by the kernel's setting, `net.core.somaxconn`; nil when it doesn't say.
    static var allowed: Int? {
        KernelFile.text(of: "/proc/sys/net/core/somaxconn").flatMap { Int($0.prefix { $0 != "\n" }) }
    }

    /// A warning for the operator, in one line, when fewer may wait than the listeners ask for; else nil.
    ///
    /// After a restart all clients come back at once, and for whom there is no room tries again only seconds later.
    static func warning(allowed: Int?) -> String? {
        guard let allowed, allowed < SOMAXCONN else { return nil }
        return "net.core.somaxconn lets \(allowed) connections wait to be accepted: \(SOMAXCONN) or more are advised"
    }
}
