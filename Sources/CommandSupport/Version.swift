/// The version of both programs; `deploy/CHANGELOG.md` describes each.
package enum Version {
    /// A semantic version (semver.org, 2.0.0).
    package static let current = "1.0.0-beta.1"
}
