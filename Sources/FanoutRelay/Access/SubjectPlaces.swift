/// Which clients of a shard count for their subjects.
struct SubjectPlaces {
    private var ledger: SubjectLedger?
    /// By the clients' places; empty where subjects aren't limited.
    private var places: [Int: SubjectLedger.Place] = [:]

    /// Without a ledger subjects aren't limited.
    init(_ ledger: SubjectLedger?) { self.ledger = ledger }

    /// Counts those who come from now on in a ledger that wasn't there before.
    mutating func use(_ ledger: SubjectLedger?) { self.ledger = ledger }

    /// Counts a client for a subject instead of its former one; false when that has as many as it may.
    ///
    /// Who counts for the same subject already keeps its place, even if the limit is lower by now.
    mutating func enter(_ client: Int, for subject: String?) -> Bool {
        if let place = places[client], place.subject == subject { return true }
        leave(client)
        guard let ledger, let subject else { return true }
        guard let place = ledger.enter(subject) else { return false }
        places[client] = place
        return true
    }

    mutating func leave(_ client: Int) {
        if !places.isEmpty { places[client] = nil }
    }
}
