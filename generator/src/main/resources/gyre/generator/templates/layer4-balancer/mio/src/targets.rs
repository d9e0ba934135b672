//! Where connections go.

use crate::options::TARGETS_MAX;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Which of them a connection has been refused by.
#[derive(Default)]
pub struct Tried(u64);

const _: () = assert!(TARGETS_MAX <= u64::BITS as usize);

struct Target {
    address: SocketAddr,
    connections: usize,
    down_until: Option<Instant>, // left alone until then
    is_blamed: bool,             // since it was connected to last
}

pub struct Targets {
    all: Vec<Target>,
    turn: usize,
    retry_after: Duration,
}

impl Targets {
    pub fn new(addresses: &[SocketAddr], retry_after: Duration) -> Targets {
        let target =
            |&address| Target { address, connections: 0, down_until: None, is_blamed: false };
        Targets { all: addresses.iter().map(target).collect(), turn: 0, retry_after }
    }

    pub fn address(&self, target: usize) -> SocketAddr {
        self.all[target].address
    }

    /// Takes the one with the fewest connections of those that may be tried; among equals they
    /// take turns. It has one connection more then, until it is released.
    pub fn choose(&mut self, tried: &mut Tried, now: Instant) -> Option<usize> {
        let count = self.all.len();
        let best = (self.turn..self.turn + count)
            .map(|at| at % count)
            .filter(|each| tried.0 >> each & 1 == 0)
            .filter(|&each| self.all[each].down_until <= Some(now)) // none comes before any time
            .min_by_key(|&each| self.all[each].connections)?;
        self.turn = (self.turn + 1) % count;
        self.all[best].connections += 1;
        tried.0 |= 1 << best;
        Some(best)
    }

    pub fn release(&mut self, target: usize) {
        self.all[target].connections -= 1;
    }

    /// It has been connected to. Whether that is news.
    pub fn is_up(&mut self, target: usize) -> bool {
        self.all[target].down_until = None;
        std::mem::replace(&mut self.all[target].is_blamed, false)
    }

    /// It could not be connected to: it is left alone for a while, unless that was our fault.
    /// Whether that is news: what goes on failing is told once.
    pub fn blame(&mut self, target: usize, error: &io::Error, now: Instant) -> bool {
        let ours = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM, libc::EADDRNOTAVAIL];
        if !error.raw_os_error().is_some_and(|code| ours.contains(&code)) {
            self.all[target].down_until = Some(now + self.retry_after);
        }
        !std::mem::replace(&mut self.all[target].is_blamed, true)
    }
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Duration = Duration::from_secs(5);

    fn targets(count: u16) -> Targets {
        let addresses: Vec<SocketAddr> =
            (1..=count).map(|port| SocketAddr::from(([127, 0, 0, 1], port))).collect();
        Targets::new(&addresses, RETRY)
    }

    fn choose(targets: &mut Targets, now: Instant) -> Option<usize> {
        targets.choose(&mut Tried::default(), now)
    }

    #[test]
    fn should_spread_connections_and_fill_what_is_released() {
        let now = Instant::now();
        let mut targets = targets(3);
        let mut counts = [0; 3];
        for _ in 0..30 {
            counts[choose(&mut targets, now).unwrap()] += 1;
        }
        assert_eq!(counts, [10, 10, 10]);
        targets.release(1);
        assert_eq!(choose(&mut targets, now), Some(1));
    }

    #[test]
    fn should_try_each_target_once() {
        let now = Instant::now();
        let mut targets = targets(2);
        let mut tried = Tried::default();
        let first = targets.choose(&mut tried, now).unwrap();
        assert_eq!(targets.choose(&mut tried, now), Some(1 - first));
        assert_eq!(targets.choose(&mut tried, now), None);
    }

    #[test]
    fn should_leave_alone_what_is_down_until_its_time() {
        let now = Instant::now();
        let mut targets = targets(2);
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert!(targets.blame(0, &refused, now));
        for _ in 0..5 {
            assert_eq!(choose(&mut targets, now), Some(1));
        }
        assert_eq!(choose(&mut targets, now + RETRY), Some(0));
        assert!(!targets.blame(0, &refused, now), "it is no news");
        assert!(targets.is_up(0));
        assert!(!targets.is_up(1), "it has never been blamed");
        targets.release(0);
        assert_eq!(choose(&mut targets, now), Some(0));
    }

    #[test]
    fn should_not_blame_a_target_for_our_own_shortage() {
        let now = Instant::now();
        let mut targets = targets(1);
        targets.blame(0, &io::Error::from_raw_os_error(libc::EMFILE), now);
        assert_eq!(choose(&mut targets, now), Some(0));
    }
}
{{/tests}}
