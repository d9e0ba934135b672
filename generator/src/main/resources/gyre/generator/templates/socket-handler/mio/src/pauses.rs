//! How long a client waits before it connects again: longer each time, and not all clients alike.

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

    /// Half to all of a time that doubles with each failure; the random number chooses.
    pub fn next(&mut self, random: u64) -> Duration {
        let most = self.max_millis.min(FIRST_MILLIS << self.failures.min(DOUBLINGS_MAX));
        self.failures = self.failures.saturating_add(1);
        Duration::from_millis((most / 2 + random % (most / 2 + 1)).max(1))
    }

    /// It has connected, and was welcome.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_double_up_to_the_most_and_begin_anew_after_a_success() {
        let mut pauses = Pauses::new(Duration::from_millis(500));
        for most in [100, 200, 400, 500, 500] {
            let half = most / 2;
            assert_eq!(pauses.next(half), Duration::from_millis(most));
        }
        pauses.failures = u32::MAX;
        assert_eq!(pauses.next(0), Duration::from_millis(250));
        pauses.reset();
        assert_eq!(pauses.next(0), Duration::from_millis(50));
        assert_eq!(Pauses::new(Duration::from_millis(1)).next(0), Duration::from_millis(1));
    }
}
{{/tests}}
