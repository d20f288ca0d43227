extension DemoUpstream {
    /// What the server has done so far.
    package struct Statistics: Sendable, Equatable {
        /// Counts something that begins and ends.
        package struct Count: Sendable, Equatable {
            /// How many there are now.
            package fileprivate(set) var now = 0
            /// How many there have been since the server was made.
            package fileprivate(set) var total = 0

            mutating func begin() {
                now += 1
                total += 1
            }

            mutating func end() { now -= 1 }
        }

        /// WebSockets whose handshake was completed.
        package var sockets = Count()
        /// Operations that clients subscribed to, including rejected ones.
        package var operations = Count()
        /// `next` messages handed to links.
        package var events = 0
        /// Links that were closed with 1013 because their client didn't read.
        package var slowLinks = 0

        var json: String {
            """
            {"sockets":\(sockets.now),"totalSockets":\(sockets.total),"operations":\(operations.now),\
            "totalOperations":\(operations.total),"events":\(events),"slowLinks":\(slowLinks)}
            """
        }
    }
}
