// Counts what a test program takes from the heap.
#ifndef OIDO_TESTS_SUPPORT_ALLOCATION_COUNT_H_
#define OIDO_TESTS_SUPPORT_ALLOCATION_COUNT_H_

#include <cstdint>

namespace oido::test {

// Calls of operator new so far, by all threads.
int64_t AllocationCount();

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_ALLOCATION_COUNT_H_
