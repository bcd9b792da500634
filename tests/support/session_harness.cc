// Sessions without a network.
#include "tests/support/session_harness.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace oido::test {

namespace {

TestBundle Babbling(const TestGeometry& geometry, absl::string_view name) {
  TestBundle bundle = RandomBundle(geometry, 7);
  bundle.config.set_name(std::string(name));
  bundle.config.mutable_decoder()->set_endpoint_silence_ms(210);
  bundle.config.mutable_decoder()->set_max_utterance_ms(2000);
  return bundle;
}

const server::ModelSet* LoadModels(const std::vector<TestBundle>& bundles) {
  std::vector<TempDir> directories(bundles.size());
  std::vector<std::string> paths;
  for (size_t i = 0; i < bundles.size(); ++i) {
    WriteBundle(bundles[i], directories[i].path());
    paths.push_back(directories[i].path());
  }
  auto loaded = server::ModelSet::Load(paths);
  if (!loaded.ok()) {
    std::fprintf(stderr, "%s\n", loaded.status().ToString().c_str());
    std::abort();
  }
  return new server::ModelSet(*std::move(loaded));
}

}  // namespace

TestBundle BabblingBundle(absl::string_view name) { return Babbling({}, name); }

const server::ModelSet& BabblingModels() {
  static const auto* const models = LoadModels({BabblingBundle("babble")});
  return *models;
}

TestBundle BabblingOfflineBundle(absl::string_view name) {
  TestGeometry geometry;
  geometry.direction = model::Direction::kBidirectional;
  return Babbling(geometry, name);
}

const server::ModelSet& MixedModels() {
  static const auto* const models =
      LoadModels({BabblingOfflineBundle("whole"), BabblingBundle("babble")});
  return *models;
}

std::string MakeAudio(uint32_t seed, int duration_ms) {
  constexpr int kSamplesPerMs = 16;
  constexpr double kTwoPi = 6.283185307179586;
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  std::string bytes;
  int left = 0;
  double level = 0.0;
  double step = 0.0;
  double phase = 0.0;
  for (int i = 0; i < duration_ms * kSamplesPerMs; ++i) {
    if (left-- == 0) {
      left = static_cast<int>((30 + 300 * uniform(random)) * kSamplesPerMs);
      level = uniform(random) < 0.3
                  ? 0.0
                  : std::pow(10.0, 2.0 + 2.0 * uniform(random));
      step = kTwoPi * (100 + 3000 * uniform(random)) / (1000.0 * kSamplesPerMs);
    }
    phase += step;
    const double noise = uniform(random) - 0.5;
    const auto sample =
        static_cast<int16_t>(level * (0.7 * std::sin(phase) + 0.6 * noise));
    bytes.push_back(static_cast<char>(sample & 0xFF));
    bytes.push_back(static_cast<char>((sample >> 8) & 0xFF));
  }
  return bytes;
}

absl::Duration FakeClock::Now() const {
  server::MutexLock lock(mutex_);
  return now_;
}

void FakeClock::Advance(absl::Duration duration) {
  server::MutexLock lock(mutex_);
  now_ += duration;
}

void RecordingTransport::Attach(std::shared_ptr<server::Session> session,
                                Reading reading) {
  server::MutexLock lock(mutex_);
  session_ = std::move(session);
  reading_ = reading;
}

void RecordingTransport::StartReading() {
  {
    server::MutexLock lock(mutex_);
    reading_ = Reading::kYes;
  }
  Wake();
}

void RecordingTransport::Wake() {
  server::MutexLock lock(mutex_);
  const std::shared_ptr<server::Session> session = session_.lock();
  if (session != nullptr && reading_ == Reading::kYes && !end_.has_value()) {
    while (auto update = session->TakeUpdate())
      updates_.push_back(*std::move(update));
    end_ = session->TakeEnd();
  }
  changed_.NotifyAll();
}

void RecordingTransport::Abort() {
  server::MutexLock lock(mutex_);
  ++aborts_;
  changed_.NotifyAll();
}

absl::Status RecordingTransport::WaitForEnd() {
  Wake();
  server::MutexLock lock(mutex_);
  while (!end_.has_value()) changed_.Wait(mutex_);
  return *end_;
}

void RecordingTransport::WaitForUpdates(size_t count) {
  server::MutexLock lock(mutex_);
  while (updates_.size() < count) changed_.Wait(mutex_);
}

void RecordingTransport::WaitForRoom() {
  server::MutexLock lock(mutex_);
  while (!session_.lock()->WantsInput() && !end_.has_value())
    changed_.Wait(mutex_);
}

std::vector<server::Update> RecordingTransport::updates() const {
  server::MutexLock lock(mutex_);
  return updates_;
}

int RecordingTransport::aborts() const {
  server::MutexLock lock(mutex_);
  return aborts_;
}

server::SessionConfig Config(const StreamOptions& options) {
  server::SessionConfig config;
  config.model = BabblingModels().Default(server::ModelUse::kStream);
  config.format = options.format;
  config.interim_results = options.interim_results;
  return config;
}

Stream OpenUnconfigured(server::ReadyQueue* ready, const server::Clock* clock,
                        const StreamOptions& options) {
  Stream stream;
  stream.transport = std::make_shared<RecordingTransport>();
  stream.session = std::make_shared<server::Session>(options.limits, clock,
                                                     ready, stream.transport);
  stream.transport->Attach(stream.session, options.reading);
  return stream;
}

Stream OpenStream(server::ReadyQueue* ready, const server::Clock* clock,
                  const StreamOptions& options) {
  Stream stream = OpenUnconfigured(ready, clock, options);
  stream.session->Configure(Config(options)).IgnoreError();
  return stream;
}

void PushPieces(const Stream& stream, const std::string& audio,
                size_t piece_bytes) {
  for (size_t begin = 0; begin < audio.size(); begin += piece_bytes) {
    stream.transport->WaitForRoom();
    stream.session->PushAudio(audio.substr(begin, piece_bytes));
  }
}

std::string Describe(const server::Result& result) {
  std::string text =
      absl::StrCat(result.continues ? "+" : "", "[", result.end_ms, "ms ",
                   absl::StrFormat("%a", result.hypothesis.confidence));
  for (const model::Word& word : result.hypothesis.words) {
    absl::StrAppend(&text, " ", word.text, "@", word.start_ms, "-", word.end_ms,
                    ":", absl::StrFormat("%a", word.confidence));
  }
  return text + "]\n";
}

std::string Describe(const std::vector<server::Update>& updates) {
  std::string text;
  for (const server::Update& update : updates) {
    if (update.final_result.has_value()) text += Describe(*update.final_result);
    for (const std::string& id : update.markers)
      absl::StrAppend(&text, "marker ", id, "\n");
  }
  return text;
}

}  // namespace oido::test
