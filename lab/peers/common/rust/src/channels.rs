//! The work of `channels` and `locks`: so many operations, timed by whoever does them.

use crate::{cpu_nanos, Options, Rounds};

/// The i-th message.
pub fn message(i: u64) -> u64 {
    i % 128
}

/// What the operations took, and how many messages were not the one that was to come.
pub struct Operations {
    pub elapsed: u64,
    pub errors: u64,
}

/// `prepare` gets the variant and answers what does so many operations.
pub fn operations_main<W: FnMut(u64) -> Operations>(mode: &str, mut options: Options, prepare: impl FnOnce(&str) -> W) {
    let variant = options.text("--variant", "");
    let ops = options.number("--ops", 200_000, 1, 100_000_000);
    let mut rounds = Rounds::of(&mut options);
    options.end();
    let mut work = prepare(&variant);
    rounds.warm_up(|| drop(work(ops)));
    while rounds.next() {
        let cpu = cpu_nanos();
        let Operations { elapsed, errors } = work(ops);
        println!(
            "{{\"mode\": \"{mode}\", \"round\": {}, \"errors\": {errors}, \"variant\": \"{variant}\", \"ops\": {ops}, \
             \"elapsedNanos\": {elapsed}, \"cpuNanos\": {}}}",
            rounds.done,
            cpu_nanos() - cpu
        );
    }
}
