/// The version of everything that is made here; `deploy/CHANGELOG.md` says what it brought.
package enum Version {
    /// As semantic versions are written (semver.org, 2.0.0).
    package static let current = "1.0.0-beta.1"
}
