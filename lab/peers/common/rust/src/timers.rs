//! The work of `timers`.

use crate::{cpu_nanos, now_nanos, Options, Random, Rounds};

/// Timers are numbered from 0 to alive + ops - 1.
pub trait TimerPeer {
    fn start(&mut self, first: usize, delay_nanos: &[u64]);
    fn restart(&mut self, order: &[usize], delay_nanos: &[u64]);
    fn cancel(&mut self, order: &[usize]);
    /// Turns of the loop until `count` timers have fired since the last call; answers how many did.
    fn run(&mut self, count: usize) -> usize;
}

// See lab.h.
const LEAST: u64 = 3_600_000_000_000;
const SPREAD: u64 = 600_000_000_000;
const SOON_NANOS: u64 = 400_000;
const DUE_NANOS: u64 = 2_500_000;

fn delays(random: &mut Random, count: usize, least: u64, spread: u64) -> Vec<u64> {
    (0..count).map(|_| least + random.next() % spread).collect()
}

fn shuffle(random: &mut Random, order: &mut [usize]) {
    for i in (1..order.len()).rev() {
        order.swap(i, (random.next() % (i as u64 + 1)) as usize);
    }
}

fn timed(cpu: &mut u64, work: impl FnOnce()) -> u64 {
    let (cpu_begin, begin) = (cpu_nanos(), now_nanos());
    work();
    let took = now_nanos() - begin;
    *cpu += cpu_nanos() - cpu_begin;
    took
}

#[derive(Default)]
struct Times {
    took: [u64; 4],
    cpu: u64,
}

struct Work<P: TimerPeer> {
    peer: P,
    random: Random,
    begun_nanos: u64,
    alive: usize,
    order: Vec<usize>,
    passes: usize,
    errors: u64,
}

impl<P: TimerPeer> Work<P> {
    fn far(&mut self, count: usize) -> Vec<u64> {
        delays(&mut self.random, count, LEAST - (now_nanos() - self.begun_nanos), SPREAD)
    }

    fn fill(&mut self) {
        let far = self.far(self.alive);
        self.peer.start(0, &far);
    }

    /// The first pass brings back what others drove out of the caches since the last round: it does not count.
    fn round(&mut self) -> Times {
        self.pass(&mut Times::default());
        let mut times = Times::default();
        for _ in 0..self.passes {
            self.pass(&mut times);
        }
        self.fire(&mut times);
        times
    }

    fn pass(&mut self, times: &mut Times) {
        let first = self.far(self.order.len());
        times.took[0] += timed(&mut times.cpu, || self.peer.start(self.alive, &first));
        shuffle(&mut self.random, &mut self.order);
        let second = self.far(self.order.len());
        times.took[1] += timed(&mut times.cpu, || self.peer.restart(&self.order, &second));
        shuffle(&mut self.random, &mut self.order);
        times.took[2] += timed(&mut times.cpu, || self.peer.cancel(&self.order));
    }

    fn fire(&mut self, times: &mut Times) {
        let count = self.order.len();
        self.peer.start(self.alive, &delays(&mut self.random, count, SOON_NANOS, SOON_NANOS));
        let begin = now_nanos();
        while now_nanos() - begin < DUE_NANOS {}
        let mut fired = 0;
        times.took[3] += timed(&mut times.cpu, || fired = self.peer.run(count));
        self.errors += (fired != count) as u64;
    }
}

pub fn timers_main<P: TimerPeer>(mut options: Options, prepare: impl FnOnce(usize) -> P) {
    let alive = options.number("--alive", 1000, 0, 10_000_000) as usize;
    let ops = options.number("--ops", 1000, 1, 10_000_000) as usize;
    let passes = options.number("--passes", 10, 1, 1000) as usize;
    let mut rounds = Rounds::of(&mut options);
    options.end();
    let order = (alive..alive + ops).collect();
    let mut work = Work { peer: prepare(alive + ops), random: Random(42), begun_nanos: now_nanos(), alive, order, passes, errors: 0 };
    work.fill();
    rounds.warm_up(|| {
        work.round();
    });
    while rounds.next() {
        let Times { took, cpu } = work.round();
        println!(
            "{{\"mode\": \"timers\", \"round\": {}, \"errors\": {}, \"alive\": {alive}, \"ops\": {}, \"startNanos\": {}, \
             \"restartNanos\": {}, \"cancelNanos\": {}, \"fires\": {ops}, \"fireNanos\": {}, \"cpuNanos\": {cpu}}}",
            rounds.done,
            work.errors,
            ops * passes,
            took[0],
            took[1],
            took[2],
            took[3]
        );
    }
}
