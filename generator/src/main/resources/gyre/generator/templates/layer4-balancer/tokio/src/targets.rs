//! Where connections go, and which of these places are up.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

struct Target {
    address: SocketAddr,
    connections: usize,
    down_until: Option<Instant>, // left alone until then
}

struct State {
    targets: Vec<Target>,
    turn: usize,
}

/// All targets, for all tasks. Nothing is awaited while they are locked.
#[derive(Clone)]
pub struct Targets(Arc<Mutex<State>>);

impl Targets {
    pub fn new(addresses: &[SocketAddr]) -> Targets {
        let targets = addresses
            .iter()
            .map(|&address| Target { address, connections: 0, down_until: None })
            .collect();
        Targets(Arc::new(Mutex::new(State { targets, turn: 0 })))
    }

    /// The one with the fewest connections among those that are up and have not been tried yet;
    /// among equals they take turns. It counts one more until what is returned is dropped.
    pub fn choose(&self, tried: &[SocketAddr], now: Instant) -> Option<Chosen> {
        let state = &mut *self.lock();
        let count = state.targets.len();
        let best = (0..count)
            .map(|i| (state.turn + i) % count)
            .filter(|&i| state.targets[i].may_be_tried(tried, now))
            .min_by_key(|&i| state.targets[i].connections); // the first one of equals
        state.turn = (state.turn + 1) % count;
        best.map(|index| {
            state.targets[index].connections += 1;
            Chosen { targets: self.clone(), index, address: state.targets[index].address }
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no task panics while it has the targets")
    }
}

impl Target {
    fn may_be_tried(&self, tried: &[SocketAddr], now: Instant) -> bool {
        let is_left_alone = self.down_until > Some(now); // none is before any time
        !is_left_alone && !tried.contains(&self.address)
    }
}

/// A place in the count of a target.
pub struct Chosen {
    targets: Targets,
    index: usize,
    pub address: SocketAddr,
}

impl Chosen {
    pub fn is_up(&self) {
        self.targets.lock().targets[self.index].down_until = None;
    }

    /// It does not accept: it is left alone for that time.
    pub fn is_down(&self, time: Duration) {
        self.targets.lock().targets[self.index].down_until = Some(Instant::now() + time);
    }
}

impl Drop for Chosen {
    fn drop(&mut self) {
        self.targets.lock().targets[self.index].connections -= 1;
    }
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Duration = Duration::from_secs(5);

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn three() -> Targets {
        Targets::new(&[address(1), address(2), address(3)])
    }

    fn choose(targets: &Targets) -> Chosen {
        targets.choose(&[], Instant::now()).expect("a target is up")
    }

    #[test]
    fn should_take_turns_among_equals() {
        let targets = three();
        let ports: Vec<u16> = (0..6).map(|_| choose(&targets).address.port()).collect();
        assert_eq!(ports, [1, 2, 3, 1, 2, 3]);
    }

    #[test]
    fn should_choose_the_one_with_the_fewest_connections() {
        let targets = three();
        let _first = choose(&targets);
        let second = choose(&targets);
        let _third = choose(&targets);
        let port = second.address.port();
        drop(second);
        assert_eq!(choose(&targets).address.port(), port);
    }

    #[test]
    fn should_leave_alone_what_is_down_until_its_time_or_a_success() {
        let targets = Targets::new(&[address(1)]);
        let now = Instant::now();
        choose(&targets).is_down(RETRY);
        assert!(targets.choose(&[], now).is_none());
        let again = targets.choose(&[], Instant::now() + RETRY).expect("its time has come");
        again.is_up();
        assert!(targets.choose(&[], now).is_some());
    }

    #[test]
    fn should_not_choose_what_has_been_tried() {
        let targets = three();
        let mut tried = Vec::new();
        while let Some(chosen) = targets.choose(&tried, Instant::now()) {
            tried.push(chosen.address);
        }
        tried.sort();
        assert_eq!(tried, [address(1), address(2), address(3)]);
    }
}
{{/tests}}
