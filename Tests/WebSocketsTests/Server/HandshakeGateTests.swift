import Testing

@testable import WebSockets

@Suite struct HandshakeGateTests {
    private static func sockets(_ numbers: Range<Int32>) -> [AcceptedSocket] {
        numbers.map { AcceptedSocket(descriptor: $0, peer: "") }
    }

    /// Lets in whom the gate lets in, one after the other.
    private static func enter(_ gate: inout HandshakeGate, isOpen: Bool = false, atMost count: Int = .max) -> [Int32] {
        var numbers: [Int32] = []
        while numbers.count < count, let next = gate.next(isOpen: isOpen) { numbers.append(next.descriptor) }
        return numbers
    }

    @Test func `so many begin at once, and each that ends lets the next one in, in order`() {
        var gate = HandshakeGate()
        let width = Int32(HandshakeGate.width)
        gate.arrive(Self.sockets(0..<width + 2))
        #expect(Self.enter(&gate) == Array(0..<width))
        #expect(gate.isCrowded)
        for number in [width, width + 1] {
            let hasRoom = gate.leave()
            #expect(hasRoom)
            #expect(Self.enter(&gate) == [number])
        }
        #expect(!gate.isCrowded)
        let hasRoom = gate.leave()
        #expect(!hasRoom)
    }

    @Test func `silent ones don't keep the others out for good`() {
        var gate = HandshakeGate()
        let width = Int32(HandshakeGate.width)
        gate.arrive(Self.sockets(0..<width + 3))
        _ = Self.enter(&gate)
        #expect(Self.enter(&gate, isOpen: true, atMost: 2) == [width, width + 1])
        // Two too many are under way: one that ends makes no room yet.
        let rooms = (0..<3).map { _ in gate.leave() }
        #expect(rooms == [false, false, true])
    }
}
