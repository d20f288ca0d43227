import FanoutRelay
import Logging
import Settings

/// What a relay is run with, as flags, environment and files say it at one moment.
struct RunSettings {
    /// How a relay ends at a signal.
    struct Drain {
        /// The time over which clients are closed, and the most in a second.
        let window: Duration
        let rate: Int
        /// How long they are served on before.
        let delay: Duration
    }

    var configuration: Configuration
    let logLevel: Logger.Level
    let drain: Drain
    /// Where each value stands; nil where only flags count, which are the same each time.
    let settings: Settings?
    /// What the files had that these name by an `@`.
    private let contents: FileContents
    /// Whether there are files of tokens or keys for clients, and one of tokens for operators.
    let readsTokens: Bool
    let readsOperatorTokens: Bool
    /// Whether nobody is asked for a token, without a word that this is meant.
    private let mayNotBeOpen: Bool

    init(
        _ configuration: Configuration,
        _ settings: Settings? = nil,
        contents: FileContents = FileContents(),
        log: LogOptions,
        downstream: DownstreamOptions,
        access: AccessOptions,
        operators: OperatorOptions
    ) {
        self.configuration = configuration
        self.settings = settings
        self.contents = contents
        logLevel = log.logLevel
        drain = Drain(window: downstream.drainWindow, rate: downstream.drainRate, delay: downstream.drainDelay)
        readsTokens = access.asksForTokens
        readsOperatorTokens = operators.adminTokenFile != nil
        mayNotBeOpen = access.mayNotBeOpen
    }

    /// Whether a file that is read again may say something else.
    var readsFiles: Bool { !configuration.identities.isEmpty || readsTokens || readsOperatorTokens }

    /// The keys of the settings that differ, themselves or in the contents of their files, in alphabetical order.
    func differences(from other: RunSettings) -> [String] {
        guard let settings, let others = other.settings else { return [] }
        return contents.differences(from: other.contents).union(settings.differences(from: others)).sorted()
    }

    /// Complains if a relay that goes by these settings, as far as it can without a restart, would be open to others.
    func checkOpenness(of adopted: Configuration) throws(Failure) {
        guard mayNotBeOpen else { return }
        do throws(Failure) {
            try AccessOptions.checkOpenness(of: adopted)
        } catch {
            throw Failure(line: "\(error.line); addresses and proxies stay until a restart", exitCode: error.exitCode)
        }
    }

    /// A complaint with the place of the value that it is about.
    func locate(_ complaint: String) -> String { settings?.locate(complaint).line ?? complaint }
}
