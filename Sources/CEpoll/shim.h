#pragma once
// Linux's epoll(7), which Swift's Glibc module leaves out.
#include <sys/epoll.h>

/// The event's user data is a C union: Swift can't initialise one member of it.
static inline struct epoll_event cepoll_event(uint32_t interest, uint32_t index) {
    struct epoll_event event = {.events = interest, .data = {.u32 = index}};
    return event;
}

/// epoll_event is packed on x86-64, and Swift can't read members of packed structures.
static inline uint32_t cepoll_flags(const struct epoll_event *event) { return event->events; }
static inline uint32_t cepoll_index(const struct epoll_event *event) { return event->data.u32; }
