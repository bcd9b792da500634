// Sends a session that is ready to the workers for its model.
#ifndef OIDO_SERVER_READY_ROUTER_H_
#define OIDO_SERVER_READY_ROUTER_H_

#include <memory>
#include <utility>

#include "server/session.h"

namespace oido::server {

// Thread-safe if the queues are.
class ReadyRouter final : public ReadyQueue {
 public:
  // The queues outlive the router; `offline` is nullptr where no offline model
  // is loaded.
  ReadyRouter(ReadyQueue* streaming, ReadyQueue* offline)
      : streaming_(streaming), offline_(offline) {}

  void Enqueue(std::shared_ptr<Session> session) override {
    ReadyQueue* const queue = session->offline() ? offline_ : streaming_;
    queue->Enqueue(std::move(session));
  }

 private:
  ReadyQueue* const streaming_;
  ReadyQueue* const offline_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_READY_ROUTER_H_
