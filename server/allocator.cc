// Sets glibc's limit; other C libraries are left as they are.
#include "server/allocator.h"

#include <stdlib.h>

#include <algorithm>
#include <thread>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace oido::server {

void LimitArenas() {
#ifdef __GLIBC__
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  mallopt(M_ARENA_MAX, std::max(2, cores));
#endif
}

void ReturnFreeMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace oido::server
