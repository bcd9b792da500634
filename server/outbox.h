// Updates that the network has not taken yet.
#ifndef OIDO_SERVER_OUTBOX_H_
#define OIDO_SERVER_OUTBOX_H_

#include <cstddef>
#include <list>
#include <string>

#include "server/update.h"

namespace oido::server {

// A newer interim replaces an unsent one, a final replaces every interim,
// finals, markers and events are never dropped and keep their order. Not
// thread-safe; Session guards it.
class Outbox {
 public:
  void AddFinal(Result result);
  void SetInterim(Result result);
  void AddMarker(std::string id);
  void AddEvent(const SpeechEvent& event);

  bool empty() const { return updates_.empty(); }
  // REQUIRES: !empty()
  Update Pop();

  // Bytes of finals, markers and events waiting, what keeping them costs
  // included.
  size_t bytes() const { return bytes_; }

  void Clear();

 private:
  void DropInterim();

  // Only the last one may carry an interim. A list takes no memory while it is
  // empty.
  std::list<Update> updates_;
  size_t bytes_ = 0;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_OUTBOX_H_
