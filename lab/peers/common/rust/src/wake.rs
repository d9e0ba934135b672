//! The work of `wake`.

use crate::{cpu_nanos, now_nanos, quit, Options, Rounds, USAGE};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[derive(Clone, Copy, PartialEq)]
pub enum Variant {
    RoundTrip,
    Flood,
}

#[derive(Clone, Copy)]
pub struct Wake {
    pub variant: Variant,
    pub ops: u64,
    pub producers: u64,
}

fn first_and_second() -> (usize, usize) {
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    unsafe { libc::sched_getaffinity(0, std::mem::size_of_val(&set), &mut set) };
    let mut cores = (0..libc::CPU_SETSIZE as usize).filter(|&core| unsafe { libc::CPU_ISSET(core, &set) });
    (cores.next().unwrap_or(0), cores.next().unwrap_or(0))
}

/// Puts the calling thread on the first core of the process (the loop that is measured), all others on the second: see lab.h.
pub fn place(others: bool) {
    static SECOND: AtomicUsize = AtomicUsize::new(0); // 0: there is none; known once the main thread, which is first, has asked
    let core = if others { SECOND.load(Relaxed) } else { first_and_second().0 };
    if !others {
        SECOND.store(first_and_second().1, Relaxed);
    }
    if SECOND.load(Relaxed) == 0 {
        return;
    }
    unsafe {
        let mut one: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut one);
        libc::sched_setaffinity(0, std::mem::size_of_val(&one), &one);
    }
}

/// `prepare` answers the work: what posts `ops` callbacks in the way of the variant and returns when all have run.
pub fn wake_main<W: FnMut()>(mut options: Options, prepare: impl FnOnce(Wake) -> W) {
    let name = options.text("--variant", "roundtrip");
    let variant = match name.as_str() {
        "roundtrip" => Variant::RoundTrip,
        "flood1" | "floodN" => Variant::Flood,
        _ => quit(USAGE, &format!("--variant {name}: not one of roundtrip, flood1, floodN")),
    };
    let ops = options.number("--ops", if variant == Variant::RoundTrip { 5000 } else { 500_000 }, 1, 100_000_000);
    let several = options.number("--producers", 4, 1, 64);
    let producers = if name == "floodN" { several } else { 1 };
    let ops = ops - ops % producers;
    let mut rounds = Rounds::of(&mut options);
    options.end();
    place(false);
    let mut work = prepare(Wake { variant, ops, producers });
    rounds.warm_up(&mut work);
    while rounds.next() {
        let (cpu, begin) = (cpu_nanos(), now_nanos());
        work();
        let (took, cpu) = (now_nanos() - begin, cpu_nanos() - cpu);
        println!(
            "{{\"mode\": \"wake\", \"round\": {}, \"errors\": 0, \"variant\": \"{name}\", \"ops\": {ops}, \"producers\": {producers}, \
             \"elapsedNanos\": {took}, \"cpuNanos\": {cpu}}}",
            rounds.done
        );
    }
}
