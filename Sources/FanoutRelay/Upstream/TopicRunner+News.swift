internal import Fanout
internal import Logging
internal import WebSockets

/// What the log is told of topics: each change at debug, and together in a line at the level that it deserves.
extension TopicRunner {
    func note(_ kind: TopicNews.Kind, topic id: TopicID, reason: String? = nil) {
        guard let name = topics[id]?.definition.name else { return }
        var details: Logger.Metadata = ["topic": "\(name)"]
        if let reason { details["reason"] = "\(reason)" }
        logger.debug("topic \(kind)", metadata: details)
        let hadNone = news.due == nil
        news.add(kind, topic: name, reason: reason, at: EventLoop.now)
        guard hadNone else { return }
        let timer = newsTimer ?? LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.newsAreDue() } }
        newsTimer = timer
        timer.start(after: TopicNews.calm)
    }

    private func newsAreDue() {
        guard let due = news.due else { return }
        let now = EventLoop.now
        guard due <= now else {
            newsTimer?.start(after: due - now)
            return
        }
        tellNews()
    }

    /// Logs what was gathered.
    func tellNews() {
        for line in news.take() {
            logger.log(level: line.level, "\(line.message)", metadata: line.metadata.mapValues { .string($0) })
        }
    }
}
