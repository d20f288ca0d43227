#pragma once
#include <sys/prctl.h>
#include <uv.h>

/// Casts a handle to libuv's base type, which Swift can't do.
static inline uv_handle_t *cuv_handle(void *handle) { return (uv_handle_t *)handle; }

/// Names the calling thread; prctl is variadic, which Swift can't call. Linux keeps 15 bytes.
static inline void cuv_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
