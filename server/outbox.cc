// Merges updates while they wait.
#include "server/outbox.h"

#include <utility>

namespace oido::server {
namespace {

size_t Bytes(const model::Hypothesis& hypothesis) {
  size_t bytes = 0;
  for (const model::Word& word : hypothesis.words)
    bytes += sizeof(word) + word.text.size();
  for (const model::Hypothesis& other : hypothesis.alternatives)
    bytes += sizeof(other) + Bytes(other);
  return bytes;
}

size_t Bytes(const Update& update) {
  size_t bytes = 0;
  if (update.final_result.has_value())
    bytes += sizeof(Update) + Bytes(update.final_result->hypothesis);
  for (const std::string& id : update.markers) bytes += sizeof(id) + id.size();
  return bytes + update.events.size() * sizeof(SpeechEvent);
}

}  // namespace

void Outbox::AddFinal(Result result) {
  DropInterim();
  updates_.emplace_back();
  updates_.back().final_result = std::move(result);
  bytes_ += Bytes(updates_.back());
}

void Outbox::SetInterim(Result result) {
  if (updates_.empty()) updates_.emplace_back();
  updates_.back().interim = std::move(result);
}

void Outbox::AddMarker(std::string id) {
  if (updates_.empty()) updates_.emplace_back();
  bytes_ += sizeof(id) + id.size();
  updates_.back().markers.push_back(std::move(id));
}

void Outbox::AddEvent(const SpeechEvent& event) {
  if (updates_.empty()) updates_.emplace_back();
  bytes_ += sizeof(event);
  updates_.back().events.push_back(event);
}

Update Outbox::Pop() {
  Update update = std::move(updates_.front());
  updates_.pop_front();
  bytes_ -= Bytes(update);
  return update;
}

void Outbox::Clear() {
  updates_.clear();
  bytes_ = 0;
}

void Outbox::DropInterim() {
  if (updates_.empty()) return;
  Update& last = updates_.back();
  last.interim.reset();
  if (!last.final_result.has_value() && last.markers.empty() &&
      last.events.empty()) {
    updates_.pop_back();
  }
}

}  // namespace oido::server
