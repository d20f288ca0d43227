#if Cluster
internal import EventLog
internal import Logging
internal import NATSLink
internal import WebSockets

/// Who else is in the group, which decides who tries first to lead.
extension ClusterNode {
    func subscribeToMembers(_ link: NATSLink) {
        guard let subject = configuration.nodeSubject else { return }
        _ = link.subscribe(to: subject) { [weak self] delivery in
            guard case .messages(let messages) = delivery else { return }
            self?.onLoop { node in
                for message in messages { node.takeNews(message.payload) }
            }
        }
    }

    func tell(_ content: MemberMessage.Content) {
        let message = MemberMessage(node: configuration.node, incarnation: incarnation, content)
        guard let subject = configuration.nodeSubject, let bytes = try? message.bytes() else { return }
        // What isn't sent now is told again.
        _ = link?.publish(bytes, to: subject)
    }

    /// Tells that this relay lives.
    func tellAlive(_ now: Duration) {
        aliveDue = now + configuration.lease / 2
        let terms = MemberTerms(isCandidate: mayLead, topics: topicsDigest, places: partitions.map(\.place))
        tell(isLeaving ? .leaves : .alive(terms))
    }

    private func takeNews(_ bytes: [UInt8]) {
        guard let message = try? MemberMessage(bytes) else { return }
        guard message.node != configuration.node else {
            if message.incarnation != incarnation {
                complain(.doubleName, configuration.node)
            }
            return
        }
        let now = EventLoop.now
        switch message.content {
        case .alive(let terms):
            guard members.heard(message.node, message.incarnation, terms, at: now) else { return }
            logger.info("a relay of the group is here", metadata: ["node": "\(message.node)"])
            if terms.topics != topicsDigest {
                logger.warning(
                    "a relay of the group offers other topics: each serves those that it knows",
                    metadata: ["node": "\(message.node)"]
                )
            }
            // Who has come knows nobody yet.
            tellAlive(now)
        case .leaves: members.left(message.node, message.incarnation)
        case .question: tellAlive(now)
        case .prepare, .prepared, .leave: takeHandOver(message)
        }
        rank()
    }

    /// Says for each partition how many relays try to lead it before this one.
    func rank() {
        for (number, partition) in partitions.enumerated() where !partition.isLeader {
            let leader = partition.log?.member.state.leader?.node
            let others = members.candidates(for: number, besides: leader)
            let ranking = Rendezvous.ranking(of: number, among: others + [configuration.node])
            partition.log?.set(rank: ranking.firstIndex(of: configuration.node) ?? 0, mayLead: mayLead)
            chooseStandby(number, ranking)
        }
    }
}
#endif
