internal import GraphQLTransport

/// An operation that is refused since the server broke the link with it, twice.
struct QuarantinedOperation: Error, CustomStringConvertible {
    /// For how long it is refused from now on.
    let time: Duration

    var description: String {
        let seconds = time.components.seconds + (time.components.attoseconds > 0 ? 1 : 0)
        return "the link to the server broke twice at this operation: it is refused for \(seconds) s"
    }

    /// What clients are told: a JSON array of GraphQL errors.
    var errors: [UInt8] {
        var errors = Array(#"[{"message":"#.utf8)
        JSONString.append(description, to: &errors)
        return errors + Array(#","extensions":{"code":"OPERATION_QUARANTINED"}}]"#.utf8)
    }
}
