/// By which fields of a request a proxy tells whom it passes on.
///
/// It has to be said which: a proxy that writes one of them passes on the others as the client has sent them.
package enum ForwardedFields: Hashable, Sendable {
    /// By none.
    case none
    /// By `Forwarded` (RFC 7239), which also has the host and the scheme.
    case forwarded
    /// By `X-Forwarded-For`, and perhaps the host by `X-Forwarded-Host`, and the scheme by `X-Forwarded-Proto`.
    case forwardedFor(host: Bool, scheme: Bool)
}

extension ForwardedFields: LosslessStringConvertible {
    /// Reads `none`, `forwarded`, or `x-forwarded-for`, behind which may stand `,x-forwarded-host` and
    /// `,x-forwarded-proto`; nil for anything else.
    package init?(_ description: String) {
        switch description {
        case "none": self = .none
        case "forwarded": self = .forwarded
        default:
            let names = description.split(separator: ",", omittingEmptySubsequences: false)
            let further = names.dropFirst()
            guard names.first == "x-forwarded-for", Set(further).count == further.count,
                further.allSatisfy({ $0 == "x-forwarded-host" || $0 == "x-forwarded-proto" })
            else { return nil }
            self = .forwardedFor(
                host: further.contains("x-forwarded-host"),
                scheme: further.contains("x-forwarded-proto")
            )
        }
    }

    /// As it is read.
    package var description: String {
        switch self {
        case .none: "none"
        case .forwarded: "forwarded"
        case .forwardedFor(let host, let scheme):
            "x-forwarded-for" + (host ? ",x-forwarded-host" : "") + (scheme ? ",x-forwarded-proto" : "")
        }
    }
}
