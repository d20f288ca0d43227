internal import FoundationEssentials

/// A JSON Schema of settings files, by which editors complete and check them.
package struct SettingsSchema: Encodable {
    private struct Property: Encodable {
        var type: [String]
        var description: String?
        var items: Items?
        var additionalProperties: Additional?
    }

    private struct Items: Encodable {
        let type: [String]
    }

    private struct Additional: Encodable {
        var type: [String]
        var properties: [String: Property]?
        var additionalProperties: Items?
    }

    private enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case title, type, additionalProperties, properties
    }

    /// YAML's numbers and truths are text here, and editors take them for what they look like.
    private static let scalar = ["string", "number", "boolean"]

    private let schema = "https://json-schema.org/draft/2020-12/schema"
    private let title = "Settings of fanout-relay"
    private let type = "object"
    private let additionalProperties = false
    private let properties: [String: Property]

    package init(_ catalogue: SettingCatalogue) {
        var properties: [String: Property] = [:]
        for setting in catalogue.settings {
            properties[setting.key] =
                switch setting.kind {
                case .flag: Property(type: ["boolean"], description: setting.help)
                case .one: Property(type: Self.scalar, description: setting.help)
                case .many:
                    Property(
                        type: Self.scalar + ["array"],
                        description: setting.help,
                        items: Items(type: Self.scalar)
                    )
                }
        }
        if catalogue.named("topic") != nil {
            let text = Property(type: ["string"])
            properties["topics"] = Property(
                type: ["object"],
                description:
                    "The topics: names, each with a document, or a mapping with document or file, and options.",
                additionalProperties: Additional(
                    type: ["string", "object"],
                    properties: ["document": text, "file": text],
                    additionalProperties: Items(type: Self.scalar)
                )
            )
        }
        self.properties = properties
    }

    /// As JSON, with the keys in order.
    package var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
    }
}
