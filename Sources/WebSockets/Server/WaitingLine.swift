/// Elements that wait, in the order of arrival, with their number for each network; a value without a clock of its own.
///
/// All may wait equally long, so that the first one is always the next to be due.
struct WaitingLine<Element> {
    private struct Slot {
        var element: Element?
        var network = ClientNetwork.unknown
        var since = Duration.zero
        var former = -1
        var next = -1
    }

    private var slots: [Slot] = []
    private var free: [Int] = []
    private var counts: [ClientNetwork: Int] = [:]
    private var head = -1
    private var tail = -1

    /// How many wait.
    private(set) var count = 0

    /// The element that has waited longest, and since when.
    var first: (element: Element, since: Duration)? {
        guard head >= 0, let element = slots[head].element else { return nil }
        return (element, slots[head].since)
    }

    /// All elements, in the order of arrival.
    var all: [Element] {
        var elements: [Element] = []
        var index = head
        while index >= 0 {
            if let element = slots[index].element { elements.append(element) }
            index = slots[index].next
        }
        return elements
    }

    /// Appends an element and returns its place, which is valid until it is removed.
    mutating func append(_ element: Element, from network: ClientNetwork, at now: Duration) -> Int {
        let index = free.popLast() ?? slots.count
        let slot = Slot(element: element, network: network, since: now, former: tail)
        if index == slots.count { slots.append(slot) } else { slots[index] = slot }
        if tail >= 0 { slots[tail].next = index } else { head = index }
        tail = index
        counts[network, default: 0] += 1
        count += 1
        return index
    }

    /// Removes the element at a place; it must not be removed already.
    mutating func remove(_ place: Int) {
        let slot = slots[place]
        if slot.former >= 0 { slots[slot.former].next = slot.next } else { head = slot.next }
        if slot.next >= 0 { slots[slot.next].former = slot.former } else { tail = slot.former }
        slots[place] = Slot()
        free.append(place)
        let left = counts[slot.network, default: 1] - 1
        counts[slot.network] = left > 0 ? left : nil
        count -= 1
    }

    /// The element to remove when there is no room: the oldest one of a network that has at least its equal share.
    ///
    /// So a network that fills the line loses places of its own.
    var mostDispensable: (element: Element, since: Duration)? {
        var index = head
        while index >= 0 {
            let slot = slots[index]
            if let element = slot.element, counts[slot.network, default: 0] * counts.count >= count {
                return (element, slot.since)
            }
            index = slot.next
        }
        return nil
    }
}
