// SPDX-License-Identifier: Apache-2.0
#include "schedule/lifecycle.hpp"

#include <algorithm>
#include <utility>

#include "core/saturating.hpp"

namespace tq {
namespace {

constexpr uint64_t kFirstBackoffMs = 5'000;
constexpr uint64_t kMostBackoffMs = 15 * 60'000;
constexpr uint64_t kLeastBackoffMs = 1'000;
constexpr uint64_t kLookAgainMs = 15 * 60'000;  // a listener has no schedule to look again by
constexpr uint64_t kPressMs = 5'000;            // from TERM to KILL, and from KILL to the next

// One step in the making. Each member function is one thing that can happen to an instance.
class Stepping {
 public:
  Stepping(const Lifecycle& life, const Plan& plan, Moment now, uint64_t dice)
      : life_(life), plan_(plan), now_(now), dice_(dice) {}

  Step take(const LifeEvent& event) {
    switch (event.kind) {
      case LifeEvent::Kind::kTick:
        // First, for a run may be due every time that somebody looks.
        verify(event.verify);
        tick();
        break;
      case LifeEvent::Kind::kPlanned:
        planned(event.settings_changed || event.plugin_changed, event.schedule_changed);
        break;
      case LifeEvent::Kind::kReady:
        ready();
        break;
      case LifeEvent::Kind::kStandby:
        if (life_.state == State::kRunning || life_.state == State::kStarting) drain();
        break;
      case LifeEvent::Kind::kHung:
        if (life_.state == State::kRunning) too_late();
        break;
      case LifeEvent::Kind::kEnded:
        ended(event);
        break;
      case LifeEvent::Kind::kSuccessorEnded:
        life_.successor = false;
        break;
      case LifeEvent::Kind::kStart:
        start();
        break;
      case LifeEvent::Kind::kStop:
        life_.wanted = Wanted::kStopped;
        stop();
        break;
      case LifeEvent::Kind::kRestart:
        restart();
        break;
      case LifeEvent::Kind::kTrigger:
        trigger(event.full);
        break;
      case LifeEvent::Kind::kPause:
        life_.wanted = Wanted::kPaused;
        forget_waiting_run();
        if (!life_.has_worker()) settle();
        break;
      case LifeEvent::Kind::kShutDown:
        shut_down();
        break;
      case LifeEvent::Kind::kVerifyEnded:
        verification_ended(event.verify_end);
        break;
    }
    verify(/*may_begin=*/false);
    return {std::move(life_), std::move(actions_)};
  }

 private:
  // Something is the matter with it, and time or a person has to pass.
  bool stuck() const {
    return life_.state == State::kFailed || life_.state == State::kNeedsAttention ||
           life_.state == State::kBackingOff;
  }

  // What went wrong before counts no more.
  void forgive() {
    life_.attempts = 0;
    life_.deaths_ms.clear();
  }

  void act(Action action) { actions_.push_back(action); }

  void verify(bool may_begin) {
    // Nothing begins any more, and the next supervisor finds it as it stands.
    if (life_.shut_down && !life_.verify.up) return;
    VerifyTerms terms;
    terms.period_ms = plan_.verify_ms;
    terms.plugin_there = plan_.plugin_there;
    terms.wanted = may_run(life_, plan_);
    terms.expected = terms.wanted && life_.wanted == Wanted::kRuns;
    terms.may_begin = may_begin && may_verify(life_, plan_);
    terms.longest_ms = plan_.run_ms;
    terms.drain_ms = plan_.drain_ms;
    switch (next_verify_step(life_.verify, terms, now_, dice_)) {
      case VerifyAction::kNone:
        break;
      case VerifyAction::kSpawn:
        return act(Action::kSpawnVerify);
      case VerifyAction::kCancel:
        return act(Action::kCancelVerify);
      case VerifyAction::kKill:
        return act(Action::kKillVerify);
    }
  }

  void verification_ended(VerifyEnd end) {
    tq::verification_ended(life_.verify, end, plan_.verify_ms, now_, dice_);
    // A run that waits when the supervisor ends is kept for the next one.
    if (life_.shut_down) return;
    if (std::exchange(life_.verify.run_waits, false)) run_now();
  }

  // It was asked for before somebody said that none is to begin.
  void forget_waiting_run() {
    if (std::exchange(life_.verify.run_waits, false)) life_.full = false;
  }

  void spawn() {
    // It has the lease. The run waits in the state that it would have begun from.
    if (life_.verify.up) {
      life_.verify.run_waits = true;
      life_.due = Due();
      return;
    }
    life_.state = State::kStarting;
    life_.last_start = {now_.wall_ms, now_.mono_ms};
    life_.due = Due::in(plan_.listener ? kListenerReadyMs : plan_.run_ms, now_);
    life_.ready_once = life_.overdue = life_.again = false;
    act(Action::kSpawn);
  }

  // Without a worker: what the instance does now that nothing is the matter with it.
  void settle() {
    life_.due = Due();
    if (!may_run(life_, plan_)) {
      life_.state = State::kDisabled;
    } else if (life_.wanted == Wanted::kPaused) {
      life_.state = State::kWaiting;
    } else if (plan_.listener) {
      spawn();
    } else {
      life_.state = State::kWaiting;
      life_.due = plan_.schedule.next(life_.last_start, now_, plan_.name);
    }
  }

  // Without a worker: a run now, for a person asked or something was mended.
  void run_now() {
    if (may_run(life_, plan_)) return spawn();
    life_.full = false;  // which was said of the run that does not begin
    settle();
  }

  void drain() {
    life_.state = State::kDraining;
    life_.pressed = 0;
    life_.due = Due::in(plan_.drain_ms, now_);
    act(Action::kCancel);
  }

  void drop_successor() {
    if (life_.successor) act(Action::kDropSuccessor);
  }

  void stop() {
    drop_successor();
    life_.again = false;
    forget_waiting_run();
    if (!life_.has_worker()) {
      settle();
    } else if (life_.state != State::kDraining) {
      drain();
    }
  }

  // How it stands is how the next supervisor finds it, a run that was cut off included.
  void shut_down() {
    life_.shut_down = true;
    if (life_.has_worker()) return stop();
    life_.due = Due();
  }

  void too_late() {
    life_.overdue = true;
    drain();
  }

  void tick() {
    if (!life_.due.reached(now_)) return;
    switch (life_.state) {
      case State::kWaiting:
      case State::kBackingOff:
      case State::kNeedsAttention:
        run_now();
        break;
      case State::kStarting:
      case State::kRunning:
        too_late();
        break;
      case State::kDraining:
        act(life_.pressed == 0 ? Action::kTerminate : Action::kKill);
        life_.pressed = std::min(life_.pressed + 1, 2);
        life_.due = Due::in(kPressMs, now_);
        break;
      case State::kFailed:
      case State::kDisabled:
        break;
    }
  }

  void planned(bool changed, bool schedule_changed) {
    if (changed) forgive();
    if (life_.has_worker()) {
      planned_at_work(changed);
    } else if (!may_run(life_, plan_)) {
      settle();
    } else if (std::exchange(life_.again, false)) {
      run_now();
    } else if (stuck()) {
      if (changed && life_.wanted == Wanted::kRuns) run_now();
    } else {
      // What is due stays due at that time, however often somebody looks.
      const bool same = !changed && !schedule_changed;
      if (life_.state != State::kWaiting || life_.due.never() || !same) settle();
    }
  }

  // A job takes up what is new with its next run.
  void planned_at_work(bool changed) {
    if (!may_run(life_, plan_)) {
      stop();
    } else if (changed && plan_.listener && life_.state == State::kRunning) {
      drop_successor();
      life_.successor = true;
      act(Action::kSpawnSuccessor);
    } else if (changed && plan_.listener && life_.state == State::kStarting) {
      drain();
      life_.again = true;
    }
  }

  void ready() {
    if (life_.state != State::kStarting) return;
    life_.state = State::kRunning;
    life_.ready_once = true;
    if (plan_.listener) life_.due = Due();
  }

  void start() {
    life_.wanted = Wanted::kRuns;
    forgive();
    if (life_.has_worker()) {
      if (life_.state == State::kDraining && plan_.listener) life_.again = true;
      return;
    }
    stuck() ? run_now() : settle();
  }

  void restart() {
    life_.wanted = Wanted::kRuns;
    forgive();
    if (!life_.has_worker()) return run_now();
    drop_successor();
    if (life_.state != State::kDraining) drain();
    life_.again = may_run(life_, plan_);
  }

  void trigger(bool full) {
    life_.full = full;
    if (life_.has_worker()) {
      life_.again = may_run(life_, plan_);
    } else {
      run_now();
    }
  }

  void ended(const LifeEvent& event) {
    const bool asked = life_.state == State::kDraining && !life_.overdue;
    if (life_.overdue || event.outcome == Outcome::kDied) note_death(asked);
    if (!life_.again) life_.full = false;
    if (life_.shut_down) {
      if (event.outcome == Outcome::kDone) life_.state = State::kWaiting;
      life_.due = Due();
      return;
    }
    if (life_.successor && may_run(life_, plan_)) return promote();
    if (asked || !may_run(life_, plan_)) {
      std::exchange(life_.again, false) ? run_now() : settle();
      return;
    }
    judge(life_.overdue ? Outcome::kDied : event.outcome, event.retry_after_ms);
  }

  // The successor stands by already: it goes on as the worker.
  void promote() {
    life_.successor = false;
    life_.state = State::kStarting;
    life_.last_start = {now_.wall_ms, now_.mono_ms};
    life_.due = Due::in(kListenerReadyMs, now_);
    life_.ready_once = life_.overdue = life_.again = false;
    act(Action::kPromote);
  }

  void judge(Outcome outcome, uint64_t retry_after_ms) {
    switch (outcome) {
      case Outcome::kDone:
      case Outcome::kCancelled:
        // A listener has no reason to end by itself.
        if (plan_.listener) return back_off(0);
        life_.attempts = 0;
        std::exchange(life_.again, false) ? run_now() : settle();
        return;
      case Outcome::kSwitchedOff:
        life_.attempts = 0;
        if (!plan_.listener) return settle();
        life_.state = State::kWaiting;
        life_.due = Due::in(kLookAgainMs, now_);
        return;
      case Outcome::kTransient:
      case Outcome::kBusy:
        return back_off(retry_after_ms);
      case Outcome::kAttention:
        life_.state = State::kNeedsAttention;
        life_.due = plan_.listener || plan_.schedule.continuous()
                        ? Due::in(kLookAgainMs, now_)
                        : plan_.schedule.next(life_.last_start, now_, plan_.name);
        return;
      case Outcome::kDied:
        if (life_.deaths_ms.size() < plan_.deaths) return back_off(0);
        life_.state = State::kFailed;
        life_.due = Due();
        return;
    }
  }

  // Full jitter: somewhere between at once and the bound, which doubles with each failure. However
  // long the remote asks to wait, the host looks again when the longest back-off is over.
  void back_off(uint64_t retry_after_ms) {
    // What has worked for a while begins again with the short waits.
    const uint64_t worked_ms =
        elapsed(life_.last_start.mono_ms.value_or(now_.mono_ms), now_.mono_ms);
    if (life_.ready_once && worked_ms >= plan_.window_ms) life_.attempts = 0;
    const uint64_t doublings = std::min<uint64_t>(life_.attempts++, 16);
    const uint64_t bound_ms = std::min(kFirstBackoffMs << doublings, kMostBackoffMs);
    life_.state = State::kBackingOff;
    const uint64_t asked_ms = std::min(retry_after_ms, kMostBackoffMs);
    life_.due = Due::in(std::max({dice_ % (bound_ms + 1), kLeastBackoffMs, asked_ms}), now_);
  }

  // One that was asked to end and had to be killed is remembered by its record, and not held
  // against the instance.
  void note_death(bool asked) {
    const int64_t begin_ms = saturating_sub(now_.wall_ms, to_signed(plan_.window_ms));
    std::erase_if(life_.deaths_ms,
                  [&](int64_t at_ms) { return at_ms > now_.wall_ms || at_ms <= begin_ms; });
    if (!asked) life_.deaths_ms.push_back(now_.wall_ms);
  }

  Lifecycle life_;
  const Plan& plan_;
  const Moment now_;
  const uint64_t dice_;
  std::vector<Action> actions_;
};

}  // namespace

bool may_run(const Lifecycle& life, const Plan& plan) {
  return plan.enabled && plan.plugin_there && life.wanted != Wanted::kStopped && !life.shut_down;
}

bool may_verify(const Lifecycle& life, const Plan& plan) {
  return plan.verify_ms > 0 && !plan.listener && may_run(life, plan) && !life.verify.up &&
         life.state == State::kWaiting && life.wanted == Wanted::kRuns;
}

Due next_due(const Lifecycle& life, const Plan& plan, bool verify) {
  if (!life.verify.up && !(verify && may_verify(life, plan))) return life.due;
  return {std::min(life.due.wall_ms, life.verify.due.wall_ms),
          std::min(life.due.mono_ms, life.verify.due.mono_ms)};
}

Step next_step(const Lifecycle& life, const LifeEvent& event, const Plan& plan, Moment now,
               uint64_t dice) {
  return Stepping(life, plan, now, dice).take(event);
}

}  // namespace tq
