//! The work of `events` and `cascade`: one byte passed along socket pairs.

use crate::{cpu_nanos, need_descriptors, now_nanos, quit, Options, Random, Rounds, UNSUPPORTED};
use std::os::unix::io::RawFd;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters are atomic only to be shared by tasks; one thread changes them, by plain loads and stores.
pub struct Pairs {
    pub readers: Vec<RawFd>,
    pub writers: Vec<RawFd>,
    pub active: usize,
    pub writes: u64,
    pub timeout_nanos: Option<Vec<u64>>,
    writes_left: AtomicU64,
    fired: AtomicU64,
    read: AtomicU64,
    errors: AtomicU64,
}

fn add(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(n), Relaxed);
}

impl Pairs {
    fn open(count: usize, active: usize, writes: u64, timeouts: bool) -> &'static Pairs {
        need_descriptors(2 * count as u64);
        let (mut readers, mut writers) = (Vec::new(), Vec::new());
        for i in 0..count {
            let mut fds = [0; 2];
            let flags = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
            if unsafe { libc::socketpair(libc::AF_UNIX, flags, 0, fds.as_mut_ptr()) } != 0 {
                quit(UNSUPPORTED, &format!("socket pair {i}: {}", std::io::Error::last_os_error()));
            }
            readers.push(fds[0]);
            writers.push(fds[1]);
        }
        let mut random = Random(42);
        let timeout_nanos = timeouts.then(|| (0..count).map(|_| 3_600_000_000_000 + random.next() % 1_000_000_000).collect());
        let zero = || AtomicU64::new(0);
        let (writes_left, fired, read, errors) = (zero(), zero(), zero(), zero());
        Box::leak(Box::new(Pairs { readers, writers, active, writes, timeout_nanos, writes_left, fired, read, errors }))
    }

    pub fn count(&self) -> usize {
        self.readers.len()
    }

    /// Counts what was received: it must be the one byte.
    pub fn received(&self, bytes: &[u8]) {
        if bytes == b"e" {
            add(&self.read, 1);
        } else {
            self.error();
        }
    }

    pub fn error(&self) {
        add(&self.errors, 1);
    }

    pub fn write(&self, i: usize) {
        if unsafe { libc::send(self.writers[i], b"e".as_ptr().cast(), 1, 0) } != 1 {
            self.error();
        }
    }

    /// After an event of `events` was read: passes the byte on.
    pub fn pass_on(&self, i: usize) {
        if self.writes_left.load(Relaxed) == 0 {
            return;
        }
        add(&self.writes_left, u64::MAX);
        add(&self.fired, 1);
        self.write(if i + 1 == self.count() { 0 } else { i + 1 });
    }

    /// The run is over: every byte that was written has been read.
    pub fn over(&self) -> bool {
        self.read.load(Relaxed) == self.fired.load(Relaxed) || self.errors.load(Relaxed) > 0
    }

    /// The run of a cascade is over.
    pub fn all_read(&self) -> bool {
        self.read.load(Relaxed) == self.count() as u64 || self.errors.load(Relaxed) > 0
    }
}

struct Samples {
    runs: u64,
    events: u64,
    elapsed: u64,
    cpu: u64,
}

fn run_for(pairs: &Pairs, nanos: u64, cascade: bool, run: &mut impl FnMut()) -> Samples {
    let mut s = Samples { runs: 0, events: 0, elapsed: 0, cpu: 0 };
    let begin = now_nanos();
    while s.runs < 3 || now_nanos() - begin < nanos {
        pairs.read.store(0, Relaxed);
        pairs.writes_left.store(pairs.writes, Relaxed);
        pairs.fired.store(pairs.active as u64, Relaxed);
        if !cascade {
            (0..pairs.active).for_each(|i| pairs.write(i * (pairs.count() / pairs.active)));
        }
        let (cpu, start) = (cpu_nanos(), now_nanos());
        run();
        s.elapsed += now_nanos() - start;
        s.cpu += cpu_nanos() - cpu;
        s.runs += 1;
        s.events += pairs.read.load(Relaxed);
    }
    s
}

fn print(mode: &str, round: u64, pairs: &Pairs, more: &str, s: &Samples) {
    println!(
        "{{\"mode\": \"{mode}\", \"round\": {round}, \"errors\": {}, \"pairs\": {}{more}, \"runs\": {}, \"events\": {}, \
         \"elapsedNanos\": {}, \"cpuNanos\": {}}}",
        pairs.errors.load(Relaxed),
        pairs.count(),
        s.runs,
        s.events,
        s.elapsed,
        s.cpu
    );
}

/// `watch` is called once and answers the run: what returns when `over`.
pub fn events_main<R: FnMut()>(mut options: Options, watch: impl FnOnce(&'static Pairs) -> R) {
    let count = options.number("--pairs", 100, 1, 1_000_000) as usize;
    let active = options.number("--active", 1, 1, (count as u64 / 2).max(1)) as usize;
    let writes = options.number("--writes", 100, 0, 100_000_000);
    let timeouts = options.flag("--timeouts");
    let mut rounds = Rounds::of(&mut options);
    options.end();
    let pairs = Pairs::open(count, active, writes, timeouts);
    let mut run = watch(pairs);
    run_for(pairs, rounds.warm_up_nanos(), false, &mut run);
    while rounds.next() {
        let s = run_for(pairs, rounds.round_nanos, false, &mut run);
        let more = format!(", \"active\": {active}, \"writes\": {writes}, \"timeouts\": {timeouts}");
        print("events", rounds.done, pairs, &more, &s);
    }
}

/// The run watches all pairs for one event, writes into pair 0, and returns when `all_read`.
pub fn cascade_main<R: FnMut()>(mut options: Options, prepare: impl FnOnce(&'static Pairs) -> R) {
    let count = options.number("--pairs", 100, 1, 1_000_000) as usize;
    let mut rounds = Rounds::of(&mut options);
    options.end();
    let pairs = Pairs::open(count, 1, count as u64 - 1, false);
    let mut run = prepare(pairs);
    run_for(pairs, rounds.warm_up_nanos(), true, &mut run);
    while rounds.next() {
        let s = run_for(pairs, rounds.round_nanos, true, &mut run);
        print("cascade", rounds.done, pairs, "", &s);
    }
}
