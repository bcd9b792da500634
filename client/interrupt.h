// Lets Ctrl-C end the audio instead of the process.
#ifndef OIDO_CLIENT_INTERRUPT_H_
#define OIDO_CLIENT_INTERRUPT_H_

namespace oido::client {

// From now on the first SIGINT only sets the flag below; the second one ends
// the process as usual.
void CatchInterrupt();

// Whether SIGINT came. Thread-safe.
bool Interrupted();

}  // namespace oido::client

#endif  // OIDO_CLIENT_INTERRUPT_H_
