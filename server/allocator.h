// Tells the C library's allocator what kind of process this is.
#ifndef OIDO_SERVER_ALLOCATOR_H_
#define OIDO_SERVER_ALLOCATOR_H_

namespace oido::server {

// As many arenas as cores, two at least, where glibc would make up to eight
// times as many for the many threads of gRPC: what streams free is then reused
// by others rather than kept in pieces, a seventh of the memory of a thousand
// streams. For the whole process; before it has threads.
void LimitArenas();

// Gives memory that lies free to the system: after much was freed at once.
void ReturnFreeMemory();

}  // namespace oido::server

#endif  // OIDO_SERVER_ALLOCATOR_H_
