//! A hierarchical timing wheel: setting, cancelling and firing a timer take the same small time,
//! however many there are.
//!
//! Level 0 has a slot for each of the next 64 ms, level 1 one for each 64 ms, level 2 one for each
//! 4096 ms, and so on. When the time reaches a slot of a higher level, its timers move to lower
//! ones. A word of bits for each level finds the next slot without a search.

const BITS: usize = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = 11; // of 6 bits: all times that 64 bits can tell
const HEADS: usize = LEVELS * SLOTS;

/// Names a timer until it has fired or is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(usize);

/// In the ring of a slot, which begins and ends with a head; or in the list of those that are free.
struct Node<T> {
    next: usize,
    previous: usize,
    due_millis: u64,
    value: Option<T>,
}

pub struct Wheel<T> {
    nodes: Vec<Node<T>>, // first the heads
    free: Vec<usize>,
    used: [u64; LEVELS], // a bit for each slot that is not empty
    now_millis: u64,     // all before this has fired
}

impl<T> Wheel<T> {
    /// At time 0.
    pub fn new() -> Wheel<T> {
        let head = |at| Node { next: at, previous: at, due_millis: 0, value: None };
        let nodes = (0..HEADS).map(head).collect();
        Wheel { nodes, free: Vec::new(), used: [0; LEVELS], now_millis: 0 }
    }

    /// How many timers are active.
    pub fn len(&self) -> usize {
        self.nodes.len() - HEADS - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those of the same time fire in the order in which they were set.
    pub fn set(&mut self, value: T, due_millis: u64) -> Key {
        let at = self.free.pop().unwrap_or(self.nodes.len());
        let node = Node { next: at, previous: at, due_millis, value: Some(value) };
        if at == self.nodes.len() {
            self.nodes.push(node);
        } else {
            self.nodes[at] = node;
        }
        self.place(at);
        Key(at)
    }

    /// Gives it a new time.
    pub fn set_again(&mut self, key: Key, due_millis: u64) {
        debug_assert!(self.nodes[key.0].value.is_some(), "it is not active");
        self.unlink(key.0);
        self.nodes[key.0].due_millis = due_millis;
        self.place(key.0);
    }

    pub fn cancel(&mut self, key: Key) -> T {
        self.remove(key.0)
    }

    /// Takes the next timer that is due by then, in the order of times. If there is none, that is
    /// the wheel's time from now on.
    pub fn take(&mut self, now_millis: u64) -> Option<T> {
        loop {
            let Some((begin, level, slot)) =
                self.first_slot().filter(|first| first.0 <= now_millis)
            else {
                self.now_millis = self.now_millis.max(now_millis);
                return None;
            };
            self.now_millis = begin;
            let head = level * SLOTS + slot;
            let first = self.nodes[head].next;
            if first == head {
                self.used[level] &= !(1 << slot); // cancelled, or fired
            } else if level == 0 {
                return Some(self.remove(first));
            } else {
                self.move_down(level, slot);
            }
        }
    }

    /// A time at which something may be due, not later than the next timer's.
    pub fn next_millis(&self) -> Option<u64> {
        self.first_slot().filter(|_| !self.is_empty()).map(|(begin, _, _)| begin)
    }

    fn place(&mut self, at: usize) {
        let due = self.nodes[at].due_millis.max(self.now_millis);
        // The highest bit in which they differ tells the level.
        let level = (due ^ self.now_millis).checked_ilog2().map_or(0, |bit| bit as usize / BITS);
        let slot = (due >> (level * BITS)) as usize % SLOTS;
        let head = level * SLOTS + slot;
        let last = self.nodes[head].previous; // behind those that were set before
        (self.nodes[at].next, self.nodes[at].previous) = (head, last);
        self.nodes[last].next = at;
        self.nodes[head].previous = at;
        self.used[level] |= 1 << slot;
    }

    /// The bit of its slot stays; it is cleared when the time comes there.
    fn unlink(&mut self, at: usize) {
        let Node { next, previous, .. } = self.nodes[at];
        self.nodes[next].previous = previous;
        self.nodes[previous].next = next;
    }

    fn remove(&mut self, at: usize) -> T {
        self.unlink(at);
        self.free.push(at);
        self.nodes[at].value.take().expect("a timer that is active has a value")
    }

    /// The first slot in time that is used; among equals that of the highest level, whose timers
    /// have to move down first.
    fn first_slot(&self) -> Option<(u64, usize, usize)> {
        let begins = |level: usize| {
            let shift = level * BITS;
            let current = self.now_millis >> shift;
            let now = current as usize % SLOTS;
            let ahead = self.used[level] >> now; // behind is nothing: that would be a level above
            let slot = now + ahead.trailing_zeros() as usize;
            let begin = || (current - now as u64 + slot as u64) << shift;
            (ahead != 0).then(|| (begin().max(self.now_millis), level, slot))
        };
        (0..LEVELS).rev().filter_map(begins).min_by_key(|(begin, _, _)| *begin)
    }

    fn move_down(&mut self, level: usize, slot: usize) {
        let head = level * SLOTS + slot;
        let mut at = self.nodes[head].next;
        (self.nodes[head].next, self.nodes[head].previous) = (head, head);
        self.used[level] &= !(1 << slot);
        while at != head {
            let next = self.nodes[at].next;
            self.place(at);
            at = next;
        }
    }
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn should_fire_in_the_order_of_times_whatever_the_level() {
        let mut times: Vec<u64> = (0..64).flat_map(|bit| [1 << bit, (1 << bit) - 1]).collect();
        times.push(u64::MAX);
        let mut wheel = Wheel::new();
        for &time in times.iter().rev() {
            wheel.set(time, time);
        }
        times.sort_unstable();
        let fired: Vec<u64> = std::iter::from_fn(|| wheel.take(u64::MAX)).collect();
        assert_eq!(fired, times);
        assert!(wheel.is_empty() && wheel.next_millis().is_none());
    }

    #[test]
    fn should_fire_what_is_set_into_the_past_at_once() {
        let mut wheel = Wheel::new();
        assert_eq!(wheel.take(1000), None);
        wheel.set("past", 5);
        assert_eq!(wheel.next_millis(), Some(1000));
        assert_eq!(wheel.take(1000), Some("past"));
    }

    /// Against a map that is sorted by time, and by the order of setting.
    #[test]
    fn should_do_what_a_sorted_map_does() {
        let mut seed = 42_u64;
        let mut random = |bound: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % bound
        };
        let mut wheel = Wheel::new();
        let mut model = BTreeMap::new(); // (time, number of setting) to (id, key)
        let mut now = 0;
        for number in 0..20_000_u64 {
            let bits = random(20);
            let due = now + random(1 << bits);
            let some = model.keys().nth(random(50) as usize).copied();
            match (random(4), some) {
                (0, Some(place)) => {
                    let (id, key) = model.remove(&place).unwrap();
                    assert_eq!(wheel.cancel(key), id);
                }
                (1, Some(place)) => {
                    let (id, key) = model.remove(&place).unwrap();
                    wheel.set_again(key, due);
                    model.insert((due, number), (id, key));
                }
                _ => {
                    let key = wheel.set(number, due);
                    model.insert((due, number), (number, key));
                }
            }
            let next = model.keys().next().map(|place| place.0);
            assert!(wheel.next_millis() <= next, "it would wake up too late");
            assert_eq!(wheel.next_millis().is_some(), next.is_some());
            now += random(200);
            let fired: Vec<u64> = std::iter::from_fn(|| wheel.take(now)).collect();
            let later = model.split_off(&(now + 1, 0));
            let expected: Vec<u64> = model.values().map(|(id, _)| *id).collect();
            assert_eq!(fired, expected, "at {now}");
            model = later;
            assert_eq!(wheel.len(), model.len());
        }
    }
}
{{/tests}}
