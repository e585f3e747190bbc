// SPDX-License-Identifier: Apache-2.0
// The shim: the parent of one worker, between it and whoever asked for it. It is the subreaper of
// everything that the worker starts, ends all of that when the worker ends, when its parent is gone
// or when it is told to, watches what all of it holds, and ends itself. A process of its own that
// allocates nothing, holds no secret and loads no library; it hears no signal but that of its
// children.
#pragma once

namespace tq {

// The exit status of the process. `instance` is for people who look at the list of processes. The
// descriptors are those of words.hpp.
int shim_main(const char* instance);

}  // namespace tq
