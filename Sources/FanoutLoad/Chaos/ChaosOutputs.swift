/// The files for results, opened before the run.
struct ChaosOutputs {
    private let json: OutputFile?
    private let markdown: OutputFile?
    private let html: OutputFile?

    init(_ options: ChaosResultOptions) throws(OutputFile.Failure) {
        json = try Self.file(options.json, "--json")
        markdown = try Self.file(options.markdown, "--markdown")
        html = try Self.file(options.html, "--html")
    }

    func write(_ report: ChaosReport) throws(OutputFile.Failure) {
        try json?.write(report.json)
        try markdown?.write(report.markdown)
        try html?.write(ChaosPage(report: report).document.text)
    }

    private static func file(_ path: String?, _ option: String) throws(OutputFile.Failure) -> OutputFile? {
        guard let path else { return nil }
        return try OutputFile(path, option: option)
    }
}
