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
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_double_up_to_the_longest_and_begin_anew() {
        let mut pauses = Pauses::new(Duration::from_millis(1000));
        for _ in 0..2 {
            for most in [100, 200, 400, 800, 1000, 1000] {
                let millis = pauses.next().as_millis();
                assert!((most / 2..=most).contains(&millis), "{millis} of {most}");
            }
            pauses.reset();
        }
    }

    #[test]
    fn should_keep_the_longest_however_often_it_fails() {
        let mut pauses = Pauses::new(Duration::from_millis(1));
        for _ in 0..100 {
            assert_eq!(pauses.next(), Duration::from_millis(1));
        }
    }
}
{{/tests}}
