// Shows ThreadSanitizer the locks that Swift's Mutex takes when it has to wait.
//
// On Linux a contended Mutex (Swift 6.3) is taken and handed over by its library, in code that isn't instrumented:
// whatever it guards then seems to be raced for. A program of one Mutex and eight threads is reported, too. Preloaded,
// this names each such lock and unlock to ThreadSanitizer, and what it still reports is a race:
//
//     swift build --build-tests --sanitize=thread --scratch-path .build-tsan
//     clang -shared -fPIC -o .build-tsan/tsan-mutex.so deploy/tsan-mutex.c
//     LD_PRELOAD=$PWD/.build-tsan/tsan-mutex.so .build-tsan/debug/fanout-relayPackageTests.xctest \
//         --testing-library swift-testing --no-parallel --filter 'BackoffTests|WebSocketsTests|GraphQLSessionTests'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// In the program under test; absent from those that it starts.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

/// `Synchronization._MutexHandle._lockSlow`: spins, then waits in the kernel.
SWIFT void lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT void lock_slow(uint32_t thread, SELF void *mutex) {
    SWIFT void (*next)(uint32_t, SELF void *) = (SWIFT void (*)(uint32_t, SELF void *))dlsym(RTLD_NEXT, LOCK);
    next(thread, mutex);
    if (__tsan_acquire) { __tsan_acquire(mutex); }
}

/// `Synchronization._MutexHandle._unlockSlow`: hands over to a thread that waits.
SWIFT void unlock_slow(SELF void *mutex) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF void *mutex) {
    SWIFT void (*next)(SELF void *) = (SWIFT void (*)(SELF void *))dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) { __tsan_release(mutex); }
    next(mutex);
}
