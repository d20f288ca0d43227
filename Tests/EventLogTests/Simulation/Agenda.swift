/// What will happen in a simulation, by its time in microseconds; of what is due at once the first that was entered.
struct Agenda {
    private struct Entry {
        let time: Int
        let order: Int
        let action: () -> Void

        func precedes(_ other: Entry) -> Bool { time == other.time ? order < other.order : time < other.time }
    }

    private var heap: [Entry] = []
    private var entered = 0

    mutating func enter(at time: Int, _ action: @escaping () -> Void) {
        entered += 1
        heap.append(Entry(time: time, order: entered, action: action))
        var index = heap.count - 1
        while index > 0, heap[index].precedes(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func next() -> (time: Int, action: () -> Void)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var index = 0
            while true {
                let children = (2 * index + 1...2 * index + 2).filter { $0 < heap.count }
                guard let least = children.min(by: { heap[$0].precedes(heap[$1]) }), heap[least].precedes(heap[index])
                else { break }
                heap.swapAt(index, least)
                index = least
            }
        }
        return (first.time, first.action)
    }
}
