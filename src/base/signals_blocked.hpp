// SPDX-License-Identifier: Apache-2.0
// signals_blocked.hpp: threads that are made while it lives take no signals: those are the
// application's.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace penstock::base {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace penstock::base
