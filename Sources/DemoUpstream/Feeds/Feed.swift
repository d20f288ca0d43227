internal import GraphQLTransport
internal import WebSockets

/// The events of one source, and their subscribers.
///
/// Each event is written once for each different selection; the operations' ids are added to it. Lives on the server's
/// loop.
final class Feed {
    /// One operation that gets the events.
    struct Subscriber {
        let link: Link
        let id: String
        /// What each of its messages has before the payload.
        let prefix: [UInt8]

        init(_ link: Link, id: String) {
            self.link = link
            self.id = id
            prefix = MessageWriter.nextPrefix(id: id)
        }
    }

    private struct Group {
        let selection: EventSelection
        let template: EventTemplate
        var subscribers: [Subscriber] = []
    }

    /// When a feed is late by more intervals than this, it skips the others instead of sending them late.
    static let maximumCatchUp = 100

    let source: EventSource
    /// Runs while a source with a clock has subscribers.
    var timer: LoopTimer?
    private var groups: [Group] = []
    /// When the next burst is due; it advances by whole intervals, so that the pace never drifts.
    private var due: Duration
    /// The number of the last event.
    private(set) var number: Int
    private var walk: PriceWalk
    private var payload: [UInt8] = []

    init(_ source: EventSource, seed: UInt64, now: Duration) {
        self.source = source
        due = now + (source.interval ?? .zero)
        var symbols: [String] = []
        if case .prices(let chosen, _) = source { symbols = chosen }
        walk = PriceWalk(symbols: symbols, seed: seed)
        number = 0
        if case .countdown(let from, _) = source { number = from + 1 }
    }

    var isWatched: Bool { !groups.isEmpty }

    /// Whether a countdown has reached 0.
    var isOver: Bool {
        if case .countdown = source { number <= 0 } else { false }
    }

    /// Whether nothing waits for any of its clients.
    var isDrained: Bool {
        groups.allSatisfy { $0.subscribers.allSatisfy { $0.link.backlog == 0 } }
    }

    /// Everyone who gets the events.
    var subscribers: [Subscriber] { groups.flatMap(\.subscribers) }

    func add(_ subscriber: Subscriber, _ selection: EventSelection) {
        if let index = groups.firstIndex(where: { $0.selection == selection }) {
            groups[index].subscribers.append(subscriber)
        } else {
            let template = EventTemplate(selection, payload: source.payload)
            groups.append(Group(selection: selection, template: template, subscribers: [subscriber]))
        }
    }

    func remove(_ id: [UInt8], of link: Link) {
        for index in groups.indices {
            groups[index].subscribers.removeAll { $0.link === link && $0.id.utf8.elementsEqual(id) }
        }
        groups.removeAll { $0.subscribers.isEmpty }
    }

    // Time.

    /// The time until the next burst; nil for a source without a clock.
    func wait(from now: Duration) -> Duration? {
        source.interval == nil ? nil : due - now
    }

    /// Advances by one interval; true if a burst was due.
    func takeDue(_ now: Duration) -> Bool {
        guard let interval = source.interval, due <= now else { return false }
        due += interval
        return true
    }

    /// Skips the bursts that were due while nobody subscribed.
    func skip(to now: Duration) {
        guard let interval = source.interval, due <= now else { return }
        let missed = Int((now - due) / interval) + 1
        due += interval * missed
        if case .tick(_, _, let burst) = source { number &+= missed &* burst }
    }

    // Events.

    /// Queues `count` events for all subscribers; returns the number of messages.
    ///
    /// The links that were written to are marked and appended to `touched`.
    func produce(_ count: Int, touched: inout [Link]) -> Int {
        var messages = 0
        for _ in 0..<count where !isOver {
            let event = nextEvent()
            for group in groups {
                group.template.write(event, to: &payload)
                for subscriber in group.subscribers where subscriber.link.send(subscriber.prefix, payload) {
                    messages += 1
                    guard !subscriber.link.isTouched else { continue }
                    subscriber.link.isTouched = true
                    touched.append(subscriber.link)
                }
            }
        }
        return messages
    }

    private func nextEvent() -> Event {
        var event = Event(time: Event.currentTime())
        switch source {
        case .prices:
            (event.symbol, event.cents) = walk.next()
        case .countdown:
            number -= 1
            event.number = number
        case .tick, .manual, .failing, .serverTime, .continent:
            number &+= 1
            event.number = number
        }
        return event
    }
}
