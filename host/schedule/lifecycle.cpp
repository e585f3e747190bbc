// SPDX-License-Identifier: Apache-2.0
#include "schedule/lifecycle.hpp"

#include <algorithm>
#include <utility>

#include "schedule/lifecycle_waits.hpp"

namespace tq {
namespace {

constexpr uint64_t kPressMs = 5'000;  // from TERM to KILL, and from KILL to the next

// One step in the making. Each member function is one thing that can happen to an instance.
class Stepping {
 public:
  Stepping(const Lifecycle& life, const Plan& plan, Moment now, uint64_t dice)
      : life_(life), plan_(plan), now_(now), dice_(dice) {}

  Step take(const LifeEvent& event) {
    end_pause();
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
        want(life_, Wanted::kStopped, now_);
        stop();
        break;
      case LifeEvent::Kind::kRestart:
        restart();
        break;
      case LifeEvent::Kind::kTrigger:
        trigger(event);
        break;
      case LifeEvent::Kind::kPause:
        want(life_, Wanted::kPaused, now_, event.pause_ms);
        forget_waiting_run();
        if (!life_.has_worker()) settle();
        break;
      case LifeEvent::Kind::kSucceeded:
        if (!stuck()) break;
        forgive();
        settle();
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

  // One that was for a time ends by itself. What went wrong before it is tried again then.
  void end_pause() {
    if (life_.wanted != Wanted::kPaused || !life_.pause_due.reached(now_)) return;
    want(life_, Wanted::kRuns, now_);
    if (life_.has_worker() || life_.shut_down) return;
    if (!stuck()) return settle();
    life_.due = life_.state == State::kFailed ? Due() : Due::in(0, now_);
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
    switch (next_verify_step(life_.verify, verify_terms(life_, plan_, may_begin), now_, dice_)) {
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
    if (!std::exchange(life_.verify.run_waits, false)) return;
    ask_nothing();
    life_.before_dry.reset();
  }

  // The next run is one like any other.
  void ask_nothing() { life_.full = life_.adopt = life_.dry = false; }

  void spawn() {
    if (life_.dry && !life_.before_dry) life_.before_dry = before_dry_run(life_);
    // It has the lease. The run waits in the state that it would have begun from.
    if (life_.verify.up) {
      life_.verify.run_waits = true;
      life_.due = Due();
      return;
    }
    life_.state = State::kStarting;
    life_.unscheduled = false;
    life_.last_start = {now_.wall_ms, now_.mono_ms};
    life_.due = Due::in(plan_.listener ? kListenerReadyMs : plan_.run_ms, now_);
    life_.ready_once = life_.overdue = life_.again = false;
    act(Action::kSpawn);
  }

  // Without a worker: what the instance does now that nothing is the matter with it.
  void settle() {
    life_.due = Due();
    life_.unscheduled = false;
    if (!may_run(life_, plan_)) {
      life_.state = State::kDisabled;
    } else if (life_.wanted == Wanted::kPaused) {
      life_.state = State::kWaiting;
      life_.due = life_.pause_due;
    } else if (plan_.listener) {
      spawn();
    } else if (!plan_.schedule_readable) {
      // It would never run, and nobody would know.
      life_.state = State::kNeedsAttention;
      life_.unscheduled = true;
    } else {
      life_.state = State::kWaiting;
      life_.due = plan_.schedule.next(life_.last_start, now_, plan_.name);
    }
  }

  // Without a worker: a run now, for a person asked or something was mended.
  void run_now() {
    if (may_run(life_, plan_)) return spawn();
    ask_nothing();  // which was said of the run that does not begin
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
    if (schedule_changed && life_.before_dry) life_.before_dry->due = Due();
    if (life_.has_worker()) {
      planned_at_work(changed);
    } else if (!may_run(life_, plan_)) {
      settle();
    } else if (std::exchange(life_.again, false)) {
      run_now();
    } else if (stuck() && !life_.unscheduled) {
      if (life_.wanted != Wanted::kRuns) return;
      if (changed) return run_now();
      if (schedule_changed && life_.state == State::kNeedsAttention)
        life_.due = look_again(life_, plan_, now_);
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
    want(life_, Wanted::kRuns, now_);
    forgive();
    if (life_.has_worker()) {
      if (life_.state == State::kDraining && plan_.listener) life_.again = true;
      return;
    }
    stuck() && !life_.unscheduled ? run_now() : settle();
  }

  void restart() {
    want(life_, Wanted::kRuns, now_);
    forgive();
    life_.dry = false;
    if (!life_.has_worker()) return run_now();
    drop_successor();
    if (life_.state != State::kDraining) drain();
    life_.again = may_run(life_, plan_);
  }

  void trigger(const LifeEvent& event) {
    life_.full = event.full;
    life_.adopt = event.adopt;
    life_.dry = event.dry;
    if (life_.has_worker()) {
      life_.again = may_run(life_, plan_);
    } else {
      run_now();
    }
  }

  void ended(const LifeEvent& event) {
    const bool asked = life_.state == State::kDraining && !life_.overdue;
    if (!life_.again) ask_nothing();
    if (life_.before_dry) return dry_run_ended();
    if (life_.overdue || event.outcome == Outcome::kDied) note_death(life_, plan_, now_, asked);
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
    // It may have been asked for while nothing is to begin by itself.
    if (life_.wanted == Wanted::kPaused && !life_.has_worker()) life_.due = life_.pause_due;
  }

  // Whatever came of it: it stands as before.
  void dry_run_ended() {
    const bool stands = stand_as_before(life_, plan_, now_);
    if (life_.shut_down) return;
    if (std::exchange(life_.again, false)) return run_now();
    if (!stands) settle();
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
        life_.due = look_again(life_, plan_, now_);
        return;
      case Outcome::kTransient:
      case Outcome::kBusy:
        return back_off(retry_after_ms);
      case Outcome::kAttention:
        life_.state = State::kNeedsAttention;
        life_.due = look_again(life_, plan_, now_);
        return;
      case Outcome::kDied:
        if (life_.deaths_ms.size() < plan_.deaths) return back_off(0);
        life_.state = State::kFailed;
        life_.due = Due();
        return;
    }
  }

  void back_off(uint64_t retry_after_ms) {
    life_.state = State::kBackingOff;
    life_.due = Due::in(next_backoff_ms(life_, plan_, now_, dice_, retry_after_ms), now_);
  }

  Lifecycle life_;
  const Plan& plan_;
  const Moment now_;
  const uint64_t dice_;
  std::vector<Action> actions_;
};

}  // namespace

Step next_step(const Lifecycle& life, const LifeEvent& event, const Plan& plan, Moment now,
               uint64_t dice) {
  return Stepping(life, plan, now, dice).take(event);
}

}  // namespace tq
