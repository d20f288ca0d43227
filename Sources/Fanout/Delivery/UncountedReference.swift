/// A reference without counting, which would cost atomics for each delivery.
///
/// It is safe as long as another owner keeps the object until the last of these references is dropped.
@safe package struct UncountedReference<Object: AnyObject> {
    @usableFromInline let reference: Unmanaged<Object>

    @inlinable package init(_ object: Object) { unsafe reference = .passUnretained(object) }

    @inlinable init(_ reference: Unmanaged<Object>) { unsafe self.reference = unsafe reference }

    /// The object, as a counted reference.
    package var object: Object { unsafe reference.takeUnretainedValue() }

    /// The object's address.
    @inlinable package var address: UnsafeRawPointer { unsafe UnsafeRawPointer(reference.toOpaque()) }

    /// Uses the object without counting.
    @inlinable @inline(__always)
    package func with<Result>(_ body: (Object) -> Result) -> Result { unsafe reference._withUnsafeGuaranteedRef(body) }

    /// The same object as another type, which isn't checked.
    @inlinable package func `as`<Other: AnyObject>(_ type: Other.Type) -> UncountedReference<Other> {
        unsafe UncountedReference<Other>(.fromOpaque(reference.toOpaque()))
    }
}
