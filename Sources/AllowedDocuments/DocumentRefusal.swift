internal import GraphQLTransport

/// Why a client may not have an allowed document as it asked for it.
package enum DocumentRefusal: Error, Sendable, Hashable {
    /// No document has the hash, which is all that was sent.
    case unknownHash
    /// The hash is that of another document than the one that was sent.
    case otherHash
    /// The request doesn't say which operation, or names one that isn't there.
    case operation(String)
    /// Of the document another operation is allowed.
    case notAllowed
    /// The variables have a member twice, so that readers would differ.
    case malformed
    /// It sends a variable that the operation doesn't have.
    case unknownVariable(String)
    /// It doesn't send one that it has to.
    case missingVariable(String)
    /// It sends another value than the relay gives.
    case mismatch(String)
    /// Its credential has no such claim, or an empty one.
    case claimMissing(String)
    /// Its claim doesn't fit the variable's type.
    case claimType(String)

    /// What kind of refusal it is; the raw values are the labels of the metric.
    package enum Reason: String, Sendable, CaseIterable {
        case unknownHash = "unknown_hash"
        case otherHash = "other_hash"
        case notAllowed = "not_allowed"
        case malformed = "malformed"
        case unknownVariable = "unknown_variable"
        case missingVariable = "missing_variable"
        case mismatch = "variable_mismatch"
        case claimMissing = "claim_missing"
        case claimType = "claim_type"
    }

    package var reason: Reason {
        switch self {
        case .unknownHash: .unknownHash
        case .otherHash: .otherHash
        case .operation, .notAllowed: .notAllowed
        case .malformed: .malformed
        case .unknownVariable: .unknownVariable
        case .missingVariable: .missingVariable
        case .mismatch: .mismatch
        case .claimMissing: .claimMissing
        case .claimType: .claimType
        }
    }

    /// True when another request of the same client would be granted; false when its credential is in the way.
    package var isFault: Bool {
        switch self {
        case .notAllowed, .mismatch, .claimMissing, .claimType: false
        case .unknownHash, .otherHash, .operation, .malformed, .unknownVariable, .missingVariable: true
        }
    }

    /// A sentence for the client, without a value of anybody's.
    package var message: String {
        switch self {
        // The word by which clients know that they have to send the document itself.
        case .unknownHash: "PersistedQueryNotFound"
        case .otherHash: "the hash is that of another document"
        case .operation(let problem): problem
        case .notAllowed: "this operation of the document isn't allowed"
        case .malformed: "the variables name a member twice"
        case .unknownVariable(let name): "the operation has no variable \"\(String(name.prefix(64)).onOneLine)\""
        case .missingVariable(let name): "the variable \"\(name)\" is needed"
        case .mismatch(let name): "the variable \"\(name)\" isn't the client's to choose: leave it out"
        case .claimMissing(let name): "the token lacks the claim for the variable \"\(name)\", or has an empty one"
        case .claimType(let name): "the token's claim for the variable \"\(name)\" is of another type"
        }
    }
}
