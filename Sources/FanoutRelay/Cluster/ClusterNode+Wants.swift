#if Cluster
internal import EventLog
internal import Fanout
internal import WebSockets

extension ClusterNode {
    func want(_ hash: TopicHash, _ request: TopicRequest?) {}
    func letGo(_ hash: TopicHash) {}
    func isWanted(_ hash: TopicHash) -> Bool { false }
    func wantedClientTopics(of number: Int) -> [(TopicHash, TopicRequest)] { [] }
    func tickDemand(_ now: Duration) {}
}
#endif
