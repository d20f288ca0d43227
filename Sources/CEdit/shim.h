#pragma once
#include <stdio.h>
#include <editline/readline.h>

/// Has libedit give the terminal back before a signal ends the process; the variable is no safe one for Swift.
static inline void cedit_catch_signals(void) { rl_catch_signals = 1; }
