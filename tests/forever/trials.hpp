// SPDX-License-Identifier: Apache-2.0
// Trials: long and hard things that the supervisor has to stand, each with a number that says how
// long or how often. They print what they measured, a line each, and answer whether all of it was
// as it has to be.
#pragma once

namespace forever {

// Sixty instances, half of them misbehaving, for so many seconds: nothing else misses a run, no
// process is left over, the supervisor does not grow.
bool soak(int seconds);

// SIGKILL of the supervisor or of a worker at random moments: no double run, no process left over,
// and the work goes on.
bool kills(int times);

// A plugin replaced while it runs, by a rename and by a slow copy, bad files among them: no run is
// lost, the last good file is what runs at the end.
bool replacements(int times);

// A thousand configured instances, of which fifty are due at once, and an idle supervisor of three:
// memory, processor time and wake-ups over so many seconds.
bool many(int seconds);

}  // namespace forever
