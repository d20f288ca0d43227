#pragma once
#include <stdio.h>
#include <editline/readline.h>

/// Makes libedit restore the terminal before a signal ends the process.
///
/// Swift can't set its global variable safely.
static inline void cedit_catch_signals(void) { rl_catch_signals = 1; }
