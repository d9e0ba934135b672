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

const LEAST: u64 = 3_600_000_000_000;
const SPREAD: u64 = 600_000_000_000;

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

struct Round {
    took: [u64; 4],
    cpu: u64,
    error: bool,
}

fn round(peer: &mut impl TimerPeer, random: &mut Random, alive: usize, order: &mut [usize]) -> Round {
    let ops = order.len();
    let mut cpu = 0;
    let first = delays(random, ops, LEAST, SPREAD);
    let start = timed(&mut cpu, || peer.start(alive, &first));
    shuffle(random, order);
    let second = delays(random, ops, LEAST, SPREAD);
    let restart = timed(&mut cpu, || peer.restart(order, &second));
    shuffle(random, order);
    let cancel = timed(&mut cpu, || peer.cancel(order));
    peer.start(alive, &delays(random, ops, 1_000_000, 1_000_000));
    let begin = now_nanos();
    while now_nanos() - begin < 4_000_000 {}
    let mut fired = 0;
    let fire = timed(&mut cpu, || fired = peer.run(ops));
    Round { took: [start, restart, cancel, fire], cpu, error: fired != ops }
}

pub fn timers_main<P: TimerPeer>(mut options: Options, prepare: impl FnOnce(usize) -> P) {
    let alive = options.number("--alive", 1000, 0, 10_000_000) as usize;
    let ops = options.number("--ops", 10_000, 1, 10_000_000) as usize;
    let mut rounds = Rounds::of(&mut options);
    options.end();
    let mut random = Random(42);
    let mut order: Vec<usize> = (alive..alive + ops).collect();
    let mut peer = prepare(alive + ops);
    peer.start(0, &delays(&mut random, alive, LEAST, SPREAD));
    let mut errors = 0;
    rounds.warm_up(|| errors += round(&mut peer, &mut random, alive, &mut order).error as u64);
    while rounds.next() {
        let r = round(&mut peer, &mut random, alive, &mut order);
        errors += r.error as u64;
        println!(
            "{{\"mode\": \"timers\", \"round\": {}, \"errors\": {errors}, \"alive\": {alive}, \"ops\": {ops}, \"startNanos\": {}, \
             \"restartNanos\": {}, \"cancelNanos\": {}, \"fireNanos\": {}, \"cpuNanos\": {}}}",
            rounds.done, r.took[0], r.took[1], r.took[2], r.took[3], r.cpu
        );
    }
}
