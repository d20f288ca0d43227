import Testing

@testable import DemoUpstream

struct FrameQueueTests {
    private func copy(_ queue: FrameQueue) -> [UInt8] { Array(queue.waiting) }

    private func frames(_ sizes: [Int]) -> FrameQueue {
        var queue = FrameQueue()
        for size in sizes { queue.append([UInt8](repeating: UInt8(size & 0x7F), count: size)) }
        return queue
    }

    @Test func `wherever the kernel stops, the cut frame is finished and whole frames stay`() {
        let sizes = [0, 1, 125, 126, 300, 65_535, 65_536, 7]
        let whole = copy(frames(sizes))
        var borders = [0]
        for size in sizes {
            borders.append(borders[borders.count - 1] + (size < 126 ? 2 : size < 65_536 ? 4 : 10) + size)
        }
        #expect(borders.last == whole.count)
        for taken in Set(borders.flatMap { [$0 - 1, $0, $0 + 1] }) where (0...whole.count).contains(taken) {
            var queue = frames(sizes)
            var rest: [UInt8] = []
            queue.advance(past: taken) { rest = Array($0) }
            let border = borders.first { $0 >= taken } ?? 0
            #expect(rest == Array(whole[taken..<border]))
            #expect(copy(queue) == Array(whole[border...]))
            #expect(queue.isEmpty == (border == whole.count))
        }
    }

    @Test func `pieces make one frame`() {
        var queue = FrameQueue()
        queue.append([1], [2, 3], [4])
        #expect(copy(queue) == [0x81, 4, 1, 2, 3, 4] && queue.count == 6)
    }

    @Test(arguments: [
        [0xFF, 0x80, 0, 0], [0x81], [0x81, 126, 0], [0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255],
    ])
    func `bytes that are no frame are finished as they are`(raw: [UInt8]) {
        var queue = FrameQueue()
        queue.append(raw: raw)
        var rest: [[UInt8]] = []
        queue.advance(past: 1) { rest.append(Array($0)) }
        #expect(rest.count <= 1 && rest.flatMap { $0 } + copy(queue) == Array(raw.dropFirst()))
        queue.advance(past: .max) { _ in }
        #expect(queue.isEmpty)
    }
}
