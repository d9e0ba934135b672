//! Timers by their names and by their times. They know no clock: they are told what time it is.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use tokio::time::Instant;

/// When one is due, and a number that orders those of the same time as they were set.
type Due = (Instant, u64);

pub struct Timers {
    max: usize,
    next_number: u64,
    dues: HashMap<Rc<str>, Due>,
    names: BTreeMap<Due, Rc<str>>, // the other way round
}

#[derive(Debug, PartialEq)]
pub struct TooMany;

impl Timers {
    pub fn new(max: usize) -> Timers {
        Timers { max, next_number: 0, dues: HashMap::new(), names: BTreeMap::new() }
    }

    pub fn len(&self) -> usize {
        debug_assert_eq!(self.dues.len(), self.names.len());
        self.dues.len()
    }

    /// Sets one, or gives it a new time if it is there.
    pub fn set(&mut self, name: &str, due: Instant) -> Result<(), TooMany> {
        if !self.cancel(name) && self.len() == self.max {
            return Err(TooMany);
        }
        let due = (due, self.next_number);
        self.next_number += 1;
        let name: Rc<str> = name.into();
        self.dues.insert(name.clone(), due);
        self.names.insert(due, name);
        Ok(())
    }

    /// False if there is none of that name.
    pub fn cancel(&mut self, name: &str) -> bool {
        let due = self.dues.remove(name);
        due.and_then(|due| self.names.remove(&due)).is_some()
    }

    /// When the next one is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.names.keys().next().map(|&(instant, _)| instant)
    }

    /// Takes the first of those that are due.
    pub fn take_due(&mut self, now: Instant) -> Option<Rc<str>> {
        let first = self.names.first_entry().filter(|first| first.key().0 <= now)?;
        let name = first.remove();
        self.dues.remove(&name);
        Some(name)
    }
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    struct Clock(Instant);

    impl Clock {
        fn at(&self, millis: u64) -> Instant {
            self.0 + Duration::from_millis(millis)
        }
    }

    fn fired(timers: &mut Timers, now: Instant) -> Vec<String> {
        std::iter::from_fn(|| timers.take_due(now)).map(|name| name.to_string()).collect()
    }

    #[test]
    fn should_fire_in_the_order_of_times_and_then_of_setting() {
        let clock = Clock(Instant::now());
        let mut timers = Timers::new(10);
        for (name, millis) in [("d", 700), ("b", 100), ("c", 100), ("a", 5)] {
            assert_eq!(timers.set(name, clock.at(millis)), Ok(()));
        }
        assert_eq!(timers.next_due(), Some(clock.at(5)));
        assert_eq!(fired(&mut timers, clock.at(4)), [""; 0]);
        assert_eq!(fired(&mut timers, clock.at(699)), ["a", "b", "c"]);
        assert_eq!(fired(&mut timers, clock.at(700)), ["d"]);
        assert_eq!((timers.len(), timers.next_due()), (0, None));
    }

    #[test]
    fn should_give_a_new_time_to_one_that_is_set_again() {
        let clock = Clock(Instant::now());
        let mut timers = Timers::new(2);
        for (name, millis) in [("a", 1), ("b", 2), ("a", 3)] {
            assert_eq!(timers.set(name, clock.at(millis)), Ok(()));
        }
        assert_eq!(timers.len(), 2);
        assert_eq!(fired(&mut timers, clock.at(9)), ["b", "a"]);
    }

    #[test]
    fn should_forget_what_is_cancelled() {
        let clock = Clock(Instant::now());
        let mut timers = Timers::new(2);
        assert_eq!(timers.set("a", clock.at(1)), Ok(()));
        assert!(timers.cancel("a"));
        assert!(!timers.cancel("a"));
        assert_eq!(fired(&mut timers, clock.at(9)), [""; 0]);
    }

    #[test]
    fn should_hold_no_more_than_it_may() {
        let clock = Clock(Instant::now());
        let mut timers = Timers::new(2);
        assert_eq!(timers.set("a", clock.at(1)), Ok(()));
        assert_eq!(timers.set("b", clock.at(1)), Ok(()));
        assert_eq!(timers.set("c", clock.at(1)), Err(TooMany));
        assert_eq!(timers.set("a", clock.at(2)), Ok(()));
        assert!(timers.cancel("b"));
        assert_eq!(timers.set("c", clock.at(1)), Ok(()));
    }
}
{{/tests}}
