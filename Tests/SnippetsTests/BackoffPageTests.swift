import Backoffs
import Testing

@testable import Snippets

/// The code of the page and of the doc comments.
@Suite(.timeLimit(.minutes(1)))
struct BackoffPageTests {
    @Test func `the texts are read, and written back in full`() throws {
        let backoffs = try BackoffPage.texts()
        #expect(backoffs.count == 8)
        for backoff in backoffs {
            let text = "\(backoff)"
            #expect("\(try Backoff(parsing: text))" == text)
        }
        #expect("\(backoffs[1])" == "exponential(base: 2, factor: 1s, max: 1m) jitter: full tries: 5 time: 2m")
    }

    @Test func `the waits are those that the comments name`() {
        #expect(Array(BackoffPage.waits()[1].waits) == [1, 3, 5, 7, 9].map { .seconds($0) })
        #expect(BackoffComments.waits() == [1, 2, 4, 5, 5].map { .seconds($0) })
    }

    @Test func `a fatal error goes before the limits`() async throws {
        var tries = 0
        await #expect(throws: BackoffPage.InvalidPassword.self) {
            try await retry(BackoffPage.limits()) {
                tries += 1
                throw BackoffPage.InvalidPassword()
            }
        }
        #expect(tries == 1)
    }

    @Test func `a stream is kept alive until its reader is cancelled`() async {
        let (lines, sink) = AsyncStream.makeStream(of: String.self)
        let reader = Task {
            await BackoffPage.keepAlive({
                AsyncThrowingStream { stream in
                    for price in 1...2 { stream.yield(price) }
                    stream.finish()
                }
            }) { sink.yield($0) }
            sink.finish()
        }
        var seen: [String] = []
        for await line in lines {
            seen.append(line)
            if seen.count == 4 { break }
        }
        reader.cancel()
        await reader.value
        #expect(seen == ["1", "2", "interrupted: the stream completed", "resumed"])
    }

    @Test func `a schedule says when the next try is due`() {
        var waits: [Duration] = []
        let backoff = Backoff.constant(.seconds(3)).limited(tries: 2)
        BackoffComments.schedule(backoff, after: StreamCompleted(), at: .zero, arm: { waits.append($0) }) { _ in }
        #expect(waits == [.seconds(3)])
    }
}
