/// Sends HTTP requests with libcurl on an event loop; used on the loop's thread only.
///
/// Connections are kept and reused. Redirects aren't followed: they would carry credentials elsewhere.
package final class HTTPClient: @unchecked Sendable {
    private let loop: EventLoop
    private let multi: CurlMulti?

    /// Makes a client without connections; at most `connections` are open to one host at a time.
    ///
    /// The loop keeps them until `close()` or the loop's own stop.
    package init(on loop: EventLoop, connections: Int = 8) {
        self.loop = loop
        multi = CurlMulti(on: loop, connections: connections)
    }

    /// Starts a request; `completion` is called on the loop's thread, once, later.
    package func start(
        _ transfer: HTTPTransfer,
        completion: @escaping @Sendable (Result<HTTPClientResponse, HTTPClientError>) -> Void
    ) {
        guard let easy = unsafe transfer.open(completion: completion), unsafe multi?.add(transfer, easy) == true else {
            return loop.execute { transfer.failToOpen() }
        }
    }

    /// Ends a request at once, with an error; nothing if it has ended.
    package func cancel(_ transfer: HTTPTransfer) {
        guard let easy = unsafe transfer.easy, unsafe multi?.remove(easy) == true else { return }
        transfer.fail(.cancelled, "it was cancelled")
    }

    /// Ends all requests, with errors, and closes the connections; it can't be used again.
    package func close() { multi?.close() }
}
