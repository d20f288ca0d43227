internal import AccessTokens
internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// The clients of a shard, and the clock of their deadlines.
extension Shard {
    func join(_ client: Client, at path: String) {
        let place = freePlaces.popLast() ?? clients.count
        if place == clients.count { clients.append(client) } else { clients[place] = client }
        client.socket.token = place
        overhead.forget(place)
        // The listener accepted it a moment before the drain began.
        if isDraining { client.watch = .drain }
        statistics.joined(speaking: client.dialect.spoken)
        client.socket.number = routes.statistics.clientNumbers.add(1, ordering: .relaxed).newValue
        logger.came(client, at: path)
        wheel.schedule(place, at: client.nextDeadline)
        startTicking()
    }

    func client(of socket: WebSocket) -> Client? {
        guard clients.indices.contains(socket.token), let client = clients[socket.token], client.socket === socket
        else { return nil }
        return client
    }

    func leave(_ client: Client, code: UInt16?) {
        for subscriber in client.subscribers { remove(subscriber) }
        client.subscribers = []
        client.dialect.left(on: self)
        subjectPlaces.leave(client.socket.token)
        clients[client.socket.token] = nil
        freePlaces.append(client.socket.token)
        if client.socket.isStream { statistics.streams.subtract(1, ordering: .relaxed) }
        statistics.left(speaking: client.dialect.spoken, code: code)
    }

    // Time.

    private func startTicking() {
        guard ticker == nil else { return }
        let ticker = LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.tick() } }
        self.ticker = ticker
        ticker.start(after: TimerWheel.grain)
    }

    private func tick() {
        let now = EventLoop.now
        due.removeAll(keepingCapacity: true)
        wheel.advance(to: now, into: &due)
        for place in due {
            guard let client = clients[place], client.nextDeadline <= now else { continue }
            client.expired(on: self)
        }
        boundOverhead(at: now)
        lagSample.advance(over: clients, topics, into: statistics.lag)
        if wheel.count > 0 {
            ticker?.start(after: TimerWheel.grain)
        } else {
            ticker?.close()
            ticker = nil
        }
    }
}
