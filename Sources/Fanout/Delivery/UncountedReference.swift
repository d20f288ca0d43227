/// A reference that isn't counted: counting would cost atomics for each delivery.
///
/// Safe as long as the object has another owner, who keeps it until the last of these references is dropped.
@safe package struct UncountedReference<Object: AnyObject> {
    @usableFromInline let reference: Unmanaged<Object>

    @inlinable package init(_ object: Object) { unsafe reference = .passUnretained(object) }

    @inlinable init(_ reference: Unmanaged<Object>) { unsafe self.reference = unsafe reference }

    /// The object, counted from here on.
    package var object: Object { unsafe reference.takeUnretainedValue() }

    /// Where the object is in memory.
    @inlinable package var address: UnsafeRawPointer { unsafe UnsafeRawPointer(reference.toOpaque()) }

    /// Uses the object without counting.
    @inlinable @inline(__always)
    package func with<Result>(_ body: (Object) -> Result) -> Result { unsafe reference._withUnsafeGuaranteedRef(body) }

    /// The same object by its own type, which isn't checked.
    @inlinable package func `as`<Other: AnyObject>(_ type: Other.Type) -> UncountedReference<Other> {
        unsafe UncountedReference<Other>(.fromOpaque(reference.toOpaque()))
    }
}
