import NATSLink

extension NATSSubject {
    /// A subject that a test knows to be one.
    static func of(_ text: String) -> NATSSubject {
        guard let subject = try? NATSSubject(text) else { preconditionFailure(text) }
        return subject
    }
}
