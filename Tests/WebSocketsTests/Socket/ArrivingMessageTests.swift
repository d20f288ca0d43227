import Testing

@testable import WebSockets

struct ArrivingMessageTests {
    @Test(
        arguments: [
            ([(0, false, 0)], [true]), ([(127, false, 0)], [true]), ([(128, false, 0)], [false]),
            // A frame of 130 bytes comes in two pieces.
            ([(128, false, 2), (2, false, 0)], [false, false]),
            ([(128, false, 0), (2, false, 0)], [false, true]),
            ([(10, false, 20), (20, false, 0), (5, true, 0)], [false, true, false]),
            ([(0, true, 0)], [false]),
        ] as [([(count: Int, isFinal: Bool, remaining: Int)], [Bool])]
    )
    func `a fragment is small by the size of its frame`(
        pieces: [(count: Int, isFinal: Bool, remaining: Int)],
        small: [Bool]
    ) {
        let message = ArrivingMessage()
        let found = pieces.map { message.endsSmallFragment($0.count, isFinal: $0.isFinal, remaining: $0.remaining) }
        #expect(found == small)
    }
}
