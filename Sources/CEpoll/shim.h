#pragma once
// Linux's epoll(7), accept4(2) and sched_setaffinity(2), and glibc's malloc_trim(3), which Swift's Glibc module leaves
// out.
#include <malloc.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

/// An event whose user data is an index; it is a C union, of which Swift can't initialise one member.
static inline struct epoll_event cepoll_event(uint32_t interest, uint32_t index) {
    struct epoll_event event = {.events = interest, .data = {.u32 = index}};
    return event;
}

/// The same with user data of 64 bits.
static inline struct epoll_event cepoll_event_for(uint32_t interest, uint64_t handle) {
    struct epoll_event event = {.events = interest, .data = {.u64 = handle}};
    return event;
}

/// The members of an event: epoll_event is packed on x86-64, and Swift can't read members of packed structures.
static inline uint32_t cepoll_flags(const struct epoll_event *event) { return event->events; }
static inline uint32_t cepoll_index(const struct epoll_event *event) { return event->data.u32; }
static inline uint64_t cepoll_handle(const struct epoll_event *event) { return event->data.u64; }

/// Accepts without asking for the peer's address; the flags are SOCK_NONBLOCK and SOCK_CLOEXEC.
static inline int cepoll_accept(int listener, int flags) {
    return (int)syscall(SYS_accept4, listener, (void *)0, (void *)0, flags);
}

/// Reads or sets the calling thread's processors, as a mask of 1024 bits.
static inline int cepoll_get_affinity(uint64_t mask[16]) {
    return (int)syscall(SYS_sched_getaffinity, 0, 16 * sizeof(uint64_t), mask);
}
static inline int cepoll_set_affinity(const uint64_t mask[16]) {
    return (int)syscall(SYS_sched_setaffinity, 0, 16 * sizeof(uint64_t), mask);
}
