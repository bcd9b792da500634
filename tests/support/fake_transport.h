// A load test's transport without network or clock: an ideal server that
// answers after fixed times, in time that only passes when it is waited for.
#ifndef OIDO_TESTS_SUPPORT_FAKE_TRANSPORT_H_
#define OIDO_TESTS_SUPPORT_FAKE_TRANSPORT_H_

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/load/transport.h"

namespace oido::load {

struct FakeServerOptions {
  absl::Duration answer = absl::Milliseconds(5);   // to audio and probes
  absl::Duration finish = absl::Milliseconds(20);  // after the end of the audio
  int max_streams = 1000000;
  bool answers_probes = true;
  bool ends_streams = true;
  size_t waiting = 0;  // messages it does not take
  // Ends streams with `failure` at so many messages of audio.
  int fails_at = 0;
  absl::Status failure;
  // How late each Poll returns: a client that is too slow.
  absl::Duration lag;
};

class FakeTransport : public Transport {
 public:
  // What one stream was sent, and when.
  struct Sent {
    enum class Kind { kAudio, kProbe, kClose, kAbandon };
    Kind kind;
    absl::Duration time;
    std::string audio;
    int64_t probe = 0;
  };

  class Stream : public LoadStream {
   public:
    Stream(FakeTransport* transport, const StreamSetup& setup_given,
           StreamListener* listener)
        : setup(setup_given),
          opened(transport->Now()),
          transport_(transport),
          listener_(listener) {}

    void SendAudio(absl::string_view samples) override {
      Log({Sent::Kind::kAudio, {}, std::string(samples)});
      processed_ += absl::Seconds(static_cast<double>(samples.size()) / 2 /
                                  setup.sample_rate_hz);
      if (++messages_ == options().fails_at) {
        transport_->Schedule(absl::ZeroDuration(),
                             [this] { End(options().failure); });
        return;
      }
      Heard heard;
      heard.audio_processed = processed_;
      heard.has_results = true;
      heard.interim_text = "so far";
      Answer(options().answer, heard);
    }
    void SendProbe(int64_t id) override {
      Log({Sent::Kind::kProbe, {}, "", id});
      if (!options().answers_probes) return;
      Heard heard;
      heard.audio_processed = processed_;
      heard.probes = {id};
      Answer(options().answer, heard);
    }
    void CloseAudio() override {
      Log({Sent::Kind::kClose, {}, ""});
      if (!options().ends_streams) return;
      Heard heard;
      heard.audio_processed = processed_;
      heard.has_results = heard.has_final = true;
      heard.final_text = "so far said";
      Answer(options().finish, heard);
      transport_->Schedule(options().finish, [this] { End(absl::OkStatus()); });
    }
    void Abandon() override {
      Log({Sent::Kind::kAbandon, {}, ""});
      Forget();
    }
    size_t waiting() const override { return options().waiting; }

    void End(const absl::Status& status) {
      if (StreamListener* const listener = Forget()) listener->OnEnd(status);
    }

    const StreamSetup setup;
    const absl::Duration opened;
    std::vector<Sent> sent;

   private:
    const FakeServerOptions& options() const { return transport_->options_; }
    void Log(Sent entry) {
      entry.time = transport_->Now();
      sent.push_back(std::move(entry));
    }
    void Answer(absl::Duration after, const Heard& heard) {
      transport_->Schedule(after, [this, heard] {
        if (listener_ != nullptr) listener_->OnHeard(heard);
      });
    }
    StreamListener* Forget() {
      if (listener_ != nullptr) --transport_->open_;
      return std::exchange(listener_, nullptr);
    }

    FakeTransport* const transport_;
    StreamListener* listener_;
    absl::Duration processed_;
    int messages_ = 0;
  };

  explicit FakeTransport(const FakeServerOptions& options)
      : options_(options) {}

  absl::Duration Now() const override { return now_; }

  LoadStream* Open(const StreamSetup& setup,
                   StreamListener* listener) override {
    streams.push_back(std::make_unique<Stream>(this, setup, listener));
    Stream* const stream = streams.back().get();
    most_open = std::max(most_open, ++open_);
    if (open_ > options_.max_streams) {
      Schedule(absl::Milliseconds(1),
               [stream] { stream->End(absl::ResourceExhaustedError("full")); });
    }
    return stream;
  }

  void Poll(absl::Duration until) override {
    if (events_.empty() || events_.begin()->first > until) {
      now_ = std::max(now_, until) + options_.lag;
      return;
    }
    const auto event = events_.extract(events_.begin());
    now_ = std::max(now_, event.key());
    event.mapped()();
  }

  std::vector<std::unique_ptr<Stream>> streams;  // all there ever were
  int most_open = 0;

 private:
  void Schedule(absl::Duration after, std::function<void()> event) {
    events_.emplace(now_ + after, std::move(event));
  }

  const FakeServerOptions options_;
  absl::Duration now_ = absl::Seconds(1000);
  std::multimap<absl::Duration, std::function<void()>> events_;
  int open_ = 0;
};

}  // namespace oido::load

#endif  // OIDO_TESTS_SUPPORT_FAKE_TRANSPORT_H_
