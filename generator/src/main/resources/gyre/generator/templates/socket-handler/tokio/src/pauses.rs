//! How long a client waits before it connects again: longer each time, and not all clients alike.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

const FIRST_MILLIS: u64 = 100;
const DOUBLINGS_MAX: u32 = 20;

pub struct Pauses {
    max_millis: u64,
    failures: u32,
}

impl Pauses {
    pub fn new(max: Duration) -> Pauses {
        Pauses { max_millis: max.as_millis() as u64, failures: 0 }
    }

    /// Half to all of a time that doubles with each failure.
    pub fn next(&mut self) -> Duration {
        let most = self.max_millis.min(FIRST_MILLIS << self.failures.min(DOUBLINGS_MAX));
        self.failures = self.failures.saturating_add(1);
        Duration::from_millis((most - random() % (most / 2 + 1)).max(1))
    }

    /// It has connected, and was welcome.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The keys of hash tables are random, which is enough here and needs no crate.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
