#if Cluster
import Testing

@testable import NATSLink

struct NATSMailboxTests {
    private static func mailbox(_ messages: Int, _ bytes: Int = 1 << 20) -> NATSMailbox {
        NATSMailbox(subscription: 1, subject: "a", limit: .init(messages: messages, bytes: bytes))
    }

    private static func message(_ number: UInt8, size: Int = 1) -> NATSMessage {
        NATSMessage(subject: "a", payload: [UInt8](repeating: number, count: size))
    }

    private static func expect(_ messages: [NATSMessage], isIncomplete: Bool, in mailbox: NATSMailbox) {
        let taken = mailbox.take()
        #expect(taken.messages == messages)
        #expect(taken.isIncomplete == isIncomplete)
    }

    @Test func `the loop is told once until it has taken all`() {
        let mailbox = Self.mailbox(10)
        #expect((0..<3).map { mailbox.append(Self.message($0)) } == [true, false, false])
        #expect(mailbox.take().messages.map(\.payload) == [[0], [1], [2]])
        #expect(mailbox.append(Self.message(3)))
        #expect(mailbox.take().messages.count == 1)
        #expect(mailbox.take().messages.isEmpty)
    }

    @Test(arguments: [(2, 1 << 20), (100, 600)])
    func `what doesn't fit is dropped, with all that follows until the loop has taken`(messages: Int, bytes: Int) {
        let mailbox = Self.mailbox(messages, bytes)
        for number in 0..<5 { _ = mailbox.append(Self.message(UInt8(number))) }
        let (taken, isIncomplete) = mailbox.take()
        #expect(taken.map(\.payload) == [[0], [1]])
        #expect(isIncomplete)
        _ = mailbox.append(Self.message(9))
        Self.expect([Self.message(9)], isIncomplete: false, in: mailbox)
    }

    @Test func `a message that is larger than all that may wait is dropped and told`() {
        let mailbox = Self.mailbox(10, 1000)
        #expect(mailbox.append(Self.message(1, size: 1000)))
        Self.expect([], isIncomplete: true, in: mailbox)
    }

    @Test func `a loss elsewhere is told after what came before it`() {
        let mailbox = Self.mailbox(10)
        #expect(mailbox.append(Self.message(1)))
        #expect(!mailbox.noteLoss())
        Self.expect([Self.message(1)], isIncomplete: true, in: mailbox)
        #expect(mailbox.noteLoss())
    }
}
#endif
