/// Reads the assignments of a settings file.
///
/// Its keys are the flags' names. `topics:` is a mapping of names to what `topic` and `topic-option` say.
struct SettingsFile {
    /// As the complaints name it.
    let path: String
    let catalogue: SettingCatalogue

    private static let topicsKey = "topics"

    /// The files that it names are relative to where it is.
    private var folder: String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }

    func assignments(_ bytes: [UInt8]) throws(SettingsFault) -> [Assignment] {
        let root: YAMLNode?
        do throws(YAMLFault) {
            root = try YAMLReader.read(bytes)
        } catch {
            throw fault(error.line, error.reason)
        }
        guard let root else { return [] }
        guard case .mapping(let members) = root.value else {
            if case .nothing = root.value { return [] }
            throw fault(root.line, "allowed: a mapping, such as 'listen: 127.0.0.1:8080'")
        }
        var assignments: [Assignment] = []
        for member in members {
            if member.key == Self.topicsKey, catalogue.named("topic") != nil {
                guard !members.contains(where: { ["topic", "topic-option"].contains($0.key) }) else {
                    throw fault(member.line, "topics: allowed: without topic and topic-option beside it")
                }
                assignments += try topics(member)
                continue
            }
            guard let setting = catalogue.named(member.key) else {
                throw fault(
                    member.line,
                    "\(member.key): no setting has this name\(catalogue.hint(for: member.key))"
                )
            }
            assignments.append(try assignment(of: setting, member))
        }
        return assignments
    }

    private func assignment(of setting: Setting, _ member: YAMLNode.Member) throws(SettingsFault) -> Assignment {
        let place = Place.file(path, line: member.line)
        switch member.value.value {
        case .scalar(let text):
            return try Assignment(setting, [value(text, of: setting, member.value.line)], at: place)
        case .sequence(let items) where setting.kind == .many:
            var values: [Assignment.Value] = []
            for item in items {
                guard let text = item.text else { throw fault(item.line, "\(setting.key): allowed: a list of values") }
                values.append(value(text, of: setting, item.line))
            }
            return try Assignment(setting, values, at: place)
        case .nothing, .sequence, .mapping:
            let allowed =
                switch setting.kind {
                case .flag: "true or false"
                case .one: "one value"
                case .many: "a value, or a list of values"
                }
            throw fault(member.line, "\(setting.key): allowed: \(allowed)")
        }
    }

    /// `NAME: DOCUMENT`, or `NAME: {document: …}` or `{file: …}` with options.
    private func topics(_ member: YAMLNode.Member) throws(SettingsFault) -> [Assignment] {
        guard let topic = catalogue.named("topic"), let option = catalogue.named("topic-option"),
            case .mapping(let topics) = member.value.value
        else { throw fault(member.line, "topics: allowed: a mapping of names, such as 'news: {file: news.graphql}'") }
        var (documents, options): ([Assignment.Value], [Assignment.Value]) = ([], [])
        func take(_ topicName: YAMLNode.Member, _ part: YAMLNode.Member, _ text: String) throws(SettingsFault) {
            let (name, place) = (topicName.key, Place.file(path, line: part.line))
            switch part.key {
            case "document": documents.append(Assignment.Value(text: "\(name)=\(text)", place: place))
            case "file": documents.append(Assignment.Value(text: "\(name)=@\(relative(text))", place: place))
            case let key:
                let text = text.hasPrefix("@") ? "@" + relative(String(text.dropFirst())) : text
                options.append(Assignment.Value(text: "\(name):\(key)=\(text)", place: place))
            }
        }
        for name in topics {
            switch name.value.value {
            case .scalar(let text):
                let document = YAMLNode.Member(key: "document", line: name.line, value: name.value)
                try take(name, document, text)
            case .mapping(let parts):
                let sources = parts.filter { ["document", "file"].contains($0.key) }
                guard sources.count == (name.key == "*" ? 0 : 1) else {
                    throw fault(name.line, "topics.\(name.key): allowed: either document or file")
                }
                for part in parts {
                    guard let text = part.value.text else {
                        throw fault(part.line, "topics.\(name.key).\(part.key): allowed: one value")
                    }
                    try take(name, part, text)
                }
            case .nothing, .sequence:
                throw fault(name.line, "topics.\(name.key): allowed: a document, or a mapping with document or file")
            }
        }
        let place = Place.file(path, line: member.line)
        return [try Assignment(topic, documents, at: place), try Assignment(option, options, at: place)]
    }

    private func value(_ text: String, of setting: Setting, _ line: Int) -> Assignment.Value {
        var text = text
        if setting.valueName == "file" {
            text = relative(text)
        } else if setting.valueName.contains("@file") {
            // `@FILE`, or `NAME=@FILE`.
            if text.hasPrefix("@") {
                text = "@" + relative(String(text.dropFirst()))
            } else if let equals = text.firstIndex(of: "="), text[equals...].hasPrefix("=@") {
                text = text[...equals] + "@" + relative(String(text[equals...].dropFirst(2)))
            }
        }
        return Assignment.Value(text: text, place: .file(path, line: line))
    }

    private func relative(_ file: String) -> String { file.hasPrefix("/") ? file : folder + file }

    private func fault(_ line: Int, _ text: String) -> SettingsFault { .file(.file(path, line: line), text) }
}
