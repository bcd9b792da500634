// Finds the candidates of a step by their keys, and n-gram scores by theirs.
#include "model/beam_scratch.h"

namespace oido::model {
namespace {

// Powers of two. A step of real speech has some hundred candidates.
constexpr size_t kFirstSlots = 1024;
constexpr size_t kCachedScores = 2048;

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
  return hash ^ (hash >> 29);
}

uint64_t HashOf(const LmState& state) {
  return Mix(state.context[0], state.context[1]);
}

}  // namespace

BeamScratch::BeamScratch() : slots_(kFirstSlots, 0), cache_(kCachedScores) {
  candidates_.reserve(kFirstSlots / 2);
  ranks_.reserve(kFirstSlots / 2);
  used_slots_.reserve(kFirstSlots / 2);
}

void BeamScratch::Begin(const LanguageModel* language_model) {
  for (const uint32_t slot : used_slots_) slots_[slot] = 0;
  used_slots_.clear();
  candidates_.clear();
  ranks_.clear();
  if (language_model == nullptr || language_model == language_model_) return;
  language_model_ = language_model;
  cache_.assign(kCachedScores, CachedScore());
}

size_t BeamScratch::SlotOf(const BeamKey& key) const {
  const uint64_t hash =
      Mix(HashOf(key.lm) ^ key.prefix,
          (uint64_t{key.phrase} << 40) | (uint64_t{key.node} << 8) | key.last);
  size_t slot = static_cast<size_t>(hash) & (slots_.size() - 1);
  while (slots_[slot] != 0 && !(candidates_[slots_[slot] - 1].key == key))
    slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

BeamHypothesis& BeamScratch::At(const BeamKey& key, float ahead) {
  size_t slot = SlotOf(key);
  if (slots_[slot] != 0) return candidates_[slots_[slot] - 1];
  if (2 * candidates_.size() >= slots_.size()) {
    Grow();
    slot = SlotOf(key);
  }
  candidates_.push_back({key, BeamLane(), BeamLane(), ahead});
  slots_[slot] = static_cast<uint32_t>(candidates_.size());
  used_slots_.push_back(static_cast<uint32_t>(slot));
  return candidates_.back();
}

void BeamScratch::Grow() {
  slots_.assign(2 * slots_.size(), 0);
  used_slots_.clear();
  for (size_t i = 0; i < candidates_.size(); ++i) {
    const size_t slot = SlotOf(candidates_[i].key);
    slots_[slot] = static_cast<uint32_t>(i) + 1;
    used_slots_.push_back(static_cast<uint32_t>(slot));
  }
}

float BeamScratch::Score(const LmState& from, WordId word, LmState* to) {
  CachedScore& cached = cache_[static_cast<size_t>(Mix(HashOf(from), word)) &
                               (kCachedScores - 1)];
  if (cached.word != word || cached.from != from) {
    cached.from = from;
    cached.word = word;
    cached.score = language_model_->Score(from, word, &cached.to);
  }
  *to = cached.to;
  return cached.score;
}

}  // namespace oido::model
