import FoundationEssentials

/// What a server tells of the streams that it has, as far as it matters here.
enum LogReport {
    private struct Report: Decodable {
        struct Account: Decodable {
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var stream_detail: [Stream]?
        }

        struct Stream: Decodable {
            struct Cluster: Decodable { var leader: String? }

            var name: String
            var cluster: Cluster?
        }

        // swift-format-ignore: AlwaysUseLowerCamelCase
        var account_details: [Account]?
    }

    /// The name of the server that leads the log; nil if the answer names none.
    static func leader(in body: [UInt8]) -> String? {
        guard let report = try? JSONDecoder().decode(Report.self, from: Data(body)) else { return nil }
        let streams = (report.account_details ?? []).flatMap { $0.stream_detail ?? [] }
        return streams.first { $0.name.hasPrefix("fanout-") }?.cluster?.leader.flatMap { $0.isEmpty ? nil : $0 }
    }
}
