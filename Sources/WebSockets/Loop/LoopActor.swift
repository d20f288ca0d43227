/// An actor whose code runs on an event loop's thread.
package protocol LoopActor: Actor {
    nonisolated var loop: EventLoop { get }
}

extension LoopActor {
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
}

extension LoopActor {
    /// Runs `body` now, as a part of the actor; the caller must run on the loop's thread.
    ///
    /// It is `assumeIsolated` for what is called for each message: that asks the runtime, which takes 800 instructions,
    /// where here one comparison tells.
    package nonisolated func onLoop<Result: Sendable>(_ body: (isolated Self) -> Result) -> Result {
        precondition(loop.isCurrent, "this actor's code runs on its event loop only")
        return withoutActuallyEscaping(body) { body in
            let plain = unsafe unsafeBitCast(body, to: ((Self) -> Result).self)
            return plain(self)
        }
    }
}
