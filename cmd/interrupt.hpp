// What SIGINT, SIGTERM and SIGHUP do: leave no temporary file, then end the program by the same
// signal. A long computation may ask to be told of the first one instead, so that it can save its
// work.
#pragma once

namespace pnlp::cmd {

// At the start of the program. A signal that the parent ignores (nohup) stays ignored.
void handle_signals();

// From now on the first signal only makes interrupted() return its number; the second one ends the
// program as before.
void defer_first_signal();
// 0: none yet.
int interrupted();
// Removes temporary files and ends the program by `signal`.
[[noreturn]] void die_of(int signal);

}  // namespace pnlp::cmd
