//! The work of `wake`.

use crate::{cpu_nanos, now_nanos, quit, Options, Rounds, USAGE};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::thread;

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

pub trait WakePeer {
    /// What a producer does on its thread with the number of posts: all that can be made ready beforehand is.
    fn producer(&self) -> Box<dyn FnOnce(u64) + Send>;
    /// Turns of the loop until its counter says ops; in a round trip it posts the first itself.
    fn run(&mut self, wake: Wake);
}

/// Producers are made and made ready before the clock starts, and joined after it has stopped.
fn round(peer: &mut impl WakePeer, wake: Wake) -> (u64, u64) {
    let producers = if wake.variant == Variant::Flood { wake.producers } else { 0 };
    let ready = Arc::new(Barrier::new(producers as usize + 1));
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let threads: Vec<_> = (0..producers)
        .map(|_| (peer.producer(), ready.clone(), gate.clone()))
        .map(|(produce, ready, gate)| {
            thread::spawn(move || {
                place(true);
                ready.wait();
                drop(gate.1.wait_while(gate.0.lock().expect("gate"), |open| !*open));
                produce(wake.ops / wake.producers);
            })
        })
        .collect();
    ready.wait();
    let (cpu, begin) = (cpu_nanos(), now_nanos());
    *gate.0.lock().expect("gate") = true;
    gate.1.notify_all();
    peer.run(wake);
    let (took, cpu) = (now_nanos() - begin, cpu_nanos() - cpu);
    threads.into_iter().for_each(|thread| thread.join().expect("producer"));
    (took, cpu)
}

pub fn wake_main<P: WakePeer>(mut options: Options, prepare: impl FnOnce(Wake) -> P) {
    let name = options.text("--variant", "roundtrip");
    let variant = match name.as_str() {
        "roundtrip" => Variant::RoundTrip,
        "flood1" | "floodN" => Variant::Flood,
        _ => quit(USAGE, &format!("--variant {name}: not one of roundtrip, flood1, floodN")),
    };
    let ops = options.number("--ops", if variant == Variant::RoundTrip { 5000 } else { 200_000 }, 1, 100_000_000);
    let several = options.number("--producers", 4, 1, 64);
    let producers = if name == "floodN" { several } else { 1 };
    let ops = ops - ops % producers;
    let mut rounds = Rounds::of(&mut options);
    options.end();
    place(false);
    let wake = Wake { variant, ops, producers };
    let mut peer = prepare(wake);
    rounds.warm_up(|| {
        round(&mut peer, wake);
    });
    while rounds.next() {
        let (took, cpu) = round(&mut peer, wake);
        println!(
            "{{\"mode\": \"wake\", \"round\": {}, \"errors\": 0, \"variant\": \"{name}\", \"ops\": {ops}, \"producers\": {producers}, \
             \"elapsedNanos\": {took}, \"cpuNanos\": {cpu}}}",
            rounds.done
        );
    }
}
