internal import EventLog
internal import Fanout

/// What the runner of a relay that leads calls the topics: its own numbers, and those of the requests for them.
struct ClusterRuns {
    private var hashes: [TopicID: TopicHash] = [:]
    private var ids: [TopicHash: TopicID] = [:]
    private var requests: [UInt64: TopicHash] = [:]
    private var numbers: [TopicHash: UInt64] = [:]
    private var lastRequest: UInt64 = 0
    /// The topics whose events a relay upstream numbers.
    private var foreign: Set<TopicHash> = []

    /// The number of a new request for a topic of clients; nil when the runner has it.
    mutating func request(_ hash: TopicHash) -> UInt64? {
        guard numbers[hash] == nil else { return nil }
        lastRequest += 1
        numbers[hash] = lastRequest
        requests[lastRequest] = hash
        return lastRequest
    }

    /// The topic that the runner has made for a request; nil when nobody wants it any more.
    mutating func opened(_ request: UInt64, as id: TopicID) -> TopicHash? {
        guard let hash = requests[request] else { return nil }
        hashes[id] = hash
        ids[hash] = id
        return hash
    }

    /// The topic of a request, or of a number.
    func hash(of request: UInt64) -> TopicHash? { requests[request] }
    func hash(of id: TopicID) -> TopicHash? { hashes[id] }

    /// The number of the request for a topic.
    func number(of id: TopicID) -> UInt64? { hashes[id].flatMap { numbers[$0] } }

    /// Forgets a topic of clients; the number of its request, if the runner may still have it.
    @discardableResult
    mutating func end(_ hash: TopicHash) -> UInt64? {
        foreign.remove(hash)
        guard let number = numbers.removeValue(forKey: hash) else { return nil }
        requests[number] = nil
        if let id = ids.removeValue(forKey: hash) { hashes[id] = nil }
        return number
    }

    /// The topics of clients that the runner has, or was asked for.
    var clientTopics: [TopicHash] { Array(numbers.keys) }

    /// Notes who numbers a topic's events.
    mutating func set(isForeign: Bool, _ hash: TopicHash) {
        if isForeign { foreign.insert(hash) } else { foreign.remove(hash) }
    }

    func isForeign(_ hash: TopicHash) -> Bool { foreign.contains(hash) }
}
