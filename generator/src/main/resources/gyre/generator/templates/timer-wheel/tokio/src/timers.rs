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
