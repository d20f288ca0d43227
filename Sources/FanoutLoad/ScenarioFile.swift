import ArgumentParser
import CommandSupport
import Glibc
import Settings

/// The file of `run --config`: a scenario with the flags' names as keys.
enum ScenarioFile {
    /// A file that can't be read.
    struct Failure: ReportedError {
        let description: String
        var exitCode: Int32 { EX_CONFIG }
    }

    /// What a file and the flags say together; nil for other commands, and without a file.
    ///
    /// - Parameter arguments: Those of the process, with the command's name in front.
    static func settings(_ arguments: [String]) throws -> Settings? {
        guard arguments.first == RunCommand.configuration.commandName,
            arguments.contains(where: { $0 == "--config" || $0.hasPrefix("--config=") })
        else { return nil }
        let catalogue = SettingCatalogue(of: RunCommand.self)
        return try Settings(
            arguments: Array(arguments.dropFirst()),
            environment: [:],
            catalogue: catalogue,
            command: catalogue
        ) { path throws(Failure) in
            guard let bytes = SmallFile.bytes(path, limit: 1 << 20) else {
                let reason = errno == 0 ? "it has more than 1 MiB" : SystemError.words(for: errno)
                throw Failure(description: "--config '\(path)': \(reason)")
            }
            return bytes
        }
    }
}
