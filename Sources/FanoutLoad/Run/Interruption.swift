import Glibc
import Synchronization

/// SIGINT and SIGTERM, which end a run early with its summary; a second one ends the tool at once.
enum Interruption {
    fileprivate static let flag = Atomic(false)

    /// Whether a signal has come.
    static var happened: Bool { flag.load(ordering: .relaxed) }

    /// Installs the handlers and touches the flag, so that a handler never initialises it.
    static func install() {
        flag.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] { signal(number, noteInterruption) }
    }

    /// The same where a second signal changes nothing, since programs have to be ended first; SIGHUP is one too.
    static func installForGood() {
        flag.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, noteInterruptionForGood) }
    }
}

private func noteInterruption(_ number: Int32) {
    Interruption.flag.store(true, ordering: .relaxed)
    signal(number, SIG_DFL)
}

private func noteInterruptionForGood(_ number: Int32) {
    Interruption.flag.store(true, ordering: .relaxed)
}
