//! The work of `spawn`: so many children at once, each of which does nothing, until all have ended.

use crate::{cpu_nanos, need_descriptors, now_nanos, Options, Rounds};

/// `run` starts so many children with nothing to read and to write, and answers when all have ended how many did not with 0.
pub fn spawn_main(mut options: Options, mut run: impl FnMut(u64) -> u64) {
    let at_once = options.number("--at-once", 8, 1, 1000);
    let mut rounds = Rounds::of(&mut options);
    options.end();
    need_descriptors(4 * at_once);
    let mut errors = 0;
    let mut runs_for = |nanos: u64| {
        let (mut runs, mut elapsed, mut cpu) = (0u64, 0u64, 0u64);
        let first = now_nanos();
        while runs < 3 || now_nanos() - first < nanos {
            let (cpu_begin, begin) = (cpu_nanos(), now_nanos());
            errors += run(at_once);
            elapsed += now_nanos() - begin;
            cpu += cpu_nanos() - cpu_begin;
            runs += 1;
        }
        (runs, elapsed, cpu, errors)
    };
    runs_for(rounds.warm_up_nanos());
    while rounds.next() {
        let (runs, elapsed, cpu, errors) = runs_for(rounds.round_nanos);
        println!(
            "{{\"mode\": \"spawn\", \"round\": {}, \"errors\": {errors}, \"atOnce\": {at_once}, \"runs\": {runs}, \"events\": {}, \
             \"elapsedNanos\": {elapsed}, \"cpuNanos\": {cpu}}}",
            rounds.done,
            runs * at_once
        );
    }
}
