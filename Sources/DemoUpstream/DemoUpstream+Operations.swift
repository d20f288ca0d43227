internal import GraphQLTransport
internal import WebSockets

extension DemoUpstream {
    /// The most shared feeds that are kept without subscribers.
    private static let maximumUnwatched = 256
    /// About how many bytes one round of an unpaced feed makes for each client.
    private static let unpacedBytes = 64 * 1024

    /// Starts an operation, or answers why it can't be started.
    func subscribe(_ link: Link, _ id: String, _ request: GraphQLRequest) {
        statistics.operations.begin()
        do throws(QueryError) {
            let plan = try QueryPlan(
                query: request.query,
                operationName: request.operationName,
                variables: request.variables
            )
            switch plan.source {
            case .failing:
                throw QueryError("this field always fails")
            case .serverTime, .continent:
                answerOnce(link, id, plan)
            case .tick, .manual, .countdown, .prices:
                join(link, id, plan)
            }
        } catch {
            statistics.operations.end()
            if let message = link.machine.fail(id: id, message: error.message) { link.send(message) }
            deliver(link)
        }
        statisticsChanged()
    }

    /// Ends an operation that the client has completed.
    func complete(_ link: Link, _ id: [UInt8]) {
        if let feed = link.remove(id) { leave(feed, id, link) }
        statisticsChanged()
    }

    /// Removes an operation from its feed; its link has removed it already.
    func leave(_ feed: Feed, _ id: [UInt8], _ link: Link) {
        statistics.operations.end()
        feed.remove(id, of: link)
        guard !feed.isWatched else {
            // The other clients may have waited for this one to drain.
            if feed.source.isUnpaced { request(feed) }
            return
        }
        feed.timer?.close()
        feed.timer = nil
        guard feed.source.isShared else { return }
        unwatched.append(feed.source)
        if unwatched.count > Self.maximumUnwatched { feeds[unwatched.removeFirst()] = nil }
    }

    /// Sends `count` events of a feed to all of its subscribers.
    func produce(_ feed: Feed, _ count: Int) {
        var touched: [Link] = []
        statistics.events += feed.produce(count, touched: &touched)
        if feed.isOver { finish(feed) }
        for link in touched {
            link.isTouched = false
            deliver(link)
        }
        statisticsChanged()
    }

    /// Makes more events of the unpaced feeds of a link that has drained, if all other links of the feed have drained
    /// too.
    ///
    /// So the slowest client sets the pace.
    func produceUnpaced(_ link: Link) {
        for feed in Array(link.operations.values) where feed.source.isUnpaced && feed.isDrained {
            let portion = Self.unpacedBytes / (feed.source.payload + 128)
            produce(feed, max(feed.source.burst, portion))
            // Continues from the loop, so that other sockets get their turn.
            request(feed)
        }
    }

    private func request(_ feed: Feed) {
        for subscriber in feed.subscribers where !subscriber.link.isSilent {
            subscriber.link.socket.requestWritable()
        }
    }

    private func answerOnce(_ link: Link, _ id: String, _ plan: QueryPlan) {
        var payload: [UInt8] = []
        EventTemplate(plan.selection, payload: 0).write(Event(time: Event.currentTime()), to: &payload)
        if link.send(MessageWriter.nextPrefix(id: id), payload) { statistics.events += 1 }
        if let message = link.machine.finish(id: id) { link.send(message) }
        statistics.operations.end()
        deliver(link)
    }

    private func join(_ link: Link, _ id: String, _ plan: QueryPlan) {
        let source = plan.source
        let now = EventLoop.now
        let feed = (source.isShared ? feeds[source] : nil) ?? Feed(source, seed: options.seed, now: now)
        if source.isShared {
            feeds[source] = feed
            unwatched.removeAll { $0 == source }
        }
        let wasWatched = feed.isWatched
        feed.add(Feed.Subscriber(link, id: id), plan.selection)
        link.add(Array(id.utf8), feed)
        if source.isUnpaced {
            link.socket.requestWritable()
        } else if !wasWatched, source.interval != nil {
            feed.skip(to: now)
            feed.timer = LoopTimer(on: loop) { self.fire(feed) }
            schedule(feed)
        }
        misbehave(link, Array(id.utf8))
    }

    private func fire(_ feed: Feed) {
        let now = EventLoop.now
        var bursts = 0
        while bursts < Feed.maximumCatchUp, feed.isWatched, feed.takeDue(now) {
            bursts += 1
            produce(feed, feed.source.burst)
        }
        feed.skip(to: now)
        schedule(feed)
    }

    private func schedule(_ feed: Feed) {
        guard let timer = feed.timer, let wait = feed.wait(from: EventLoop.now) else { return }
        // Never zero, because libuv would run such a timer again before it looks at any socket.
        timer.start(after: max(.milliseconds(1), wait))
    }

    /// Completes all operations of a feed that has ended.
    private func finish(_ feed: Feed) {
        for subscriber in feed.subscribers {
            let id = Array(subscriber.id.utf8)
            guard subscriber.link.remove(id) != nil else { continue }
            leave(feed, id, subscriber.link)
            if let message = subscriber.link.machine.finish(id: subscriber.id) { subscriber.link.send(message) }
        }
    }
}
