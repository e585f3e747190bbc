// SPDX-License-Identifier: Apache-2.0
// The verification of an instance under the supervisor: its worker, and what it found.
#include "core/saturating.hpp"
#include "schedule/supervised.hpp"
#include "worker/layout.hpp"
#include "worker/verification.hpp"

namespace tq {

void Supervised::begin_verification(Moment now) {
  const auto file = verify_record_file(bench_.host.state_dir / plan_.name);
  // A person has looked meanwhile: that serves as well.
  if (const auto record = read_verify_record(file)) {
    if (record->compared_ms != 0 && record->compared_ms <= now.wall_ms &&
        elapsed(record->compared_ms, now.wall_ms) < lifecycle_plan_.verify_ms / 2)
      return take({.kind = LifeEvent::Kind::kVerifyEnded, .verify_end = VerifyEnd::kCompared}, now);
  }
  auto order = assignment(now);
  auto worker = order ? [&] {
    order->purpose = Purpose::kVerify;
    order->flags = TQP_RUN_CHECK;
    order->by_schedule = true;
    return WorkerProcess::start(*order, bench_.shim);
  }()
                      : Result<WorkerProcess>(order.error());
  if (worker) {
    verifier_ = worker.take();
    return keep_record(now, Durable::kNo);
  }
  bench_.log.warning(Event::kInstanceState,
                     plan_.name + ": it could not be verified: " + worker.error().message);
  take({.kind = LifeEvent::Kind::kVerifyEnded, .verify_end = VerifyEnd::kFailed}, now);
}

void Supervised::attend_verification(Moment now) {
  if (!verifier_) return;
  const auto ignore = [](const Json&) {};  // what it says for people stands in its record, too
  verifier_->take_lines(ignore);
  if (!verifier_->reap(ignore)) {
    if (verifier_->pid() != record_.verify_pid) keep_record(now, Durable::kNo);
    return;
  }
  const WorkerEnd end = verifier_->end();
  verifier_.reset();
  tell_remains(end);
  take({.kind = LifeEvent::Kind::kVerifyEnded, .verify_end = judge_verification(end, now)}, now);
}

// What became of it, told in the log and, when its worker could not do it, in its record.
VerifyEnd Supervised::judge_verification(const WorkerEnd& end, Moment now) {
  const std::string opening = plan_.name + ": ";
  if (!end.reported || end.signal != 0 || end.overdue) {
    std::string how = end.told();
    if (end.overdue) how = "it did not end in its time and was stopped: " + how;
    bench_.log.warning(Event::kInstanceState, opening + "it could not be verified: " + how);
    if (!end.last_words.empty())
      bench_.log.warning(Event::kInstanceState, opening + end.last_words);
    const auto file = verify_record_file(bench_.host.state_dir / plan_.name);
    if (const auto closed = close_verify_record(file, end, how, now.wall_ms); !closed)
      bench_.log.warning(Event::kInstanceState, closed.error().message);
    return VerifyEnd::kFailed;
  }
  if (end.state == "busy" || end.state == "cancelled") return VerifyEnd::kPutOff;
  if (end.state == "drift") {
    bench_.log.warning(
        Event::kInstanceState,
        opening + "what stands at the remote differs from what the state says: " + end.note +
            "; to write it again: tqhost verify " + plan_.name + " --repair");
    return VerifyEnd::kCompared;
  }
  if (end.state == "disabled") {
    bench_.log.info(Event::kInstanceState, opening + "not verified: " + end.note);
    return VerifyEnd::kDisabled;
  }
  const bool fine = end.state == "done";
  if (fine) {
    bench_.log.info(Event::kInstanceState, opening + "verified: " + end.note);
  } else {
    bench_.log.warning(Event::kInstanceState, opening + "it could not be verified: " + end.note);
  }
  return fine ? VerifyEnd::kCompared : VerifyEnd::kFailed;
}

}  // namespace tq
