//! The work of `files`, but for how a peer reads and replaces: the same as files.h.

use crate::{cpu_nanos, now_nanos, quit, Options, Random, Rounds, FAILED, UNSUPPORTED, USAGE};
use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

pub const REPLACED_BYTES: usize = 4096;
const MIB: u64 = 1024;

pub struct Files {
    /// Reads at a time.
    pub depth: usize,
    /// Bytes of each.
    pub piece: usize,
    /// Of a round.
    pub ops: u64,
    pub is_random: bool,
    pub file: Arc<File>,
    pub directory: PathBuf,
    size: u64,
    asked: Cell<u64>,
    cursor: Cell<u64>,
    random: RefCell<Random>,
    errors: Cell<u64>,
}

impl Files {
    /// Where the next read of this round begins, if there is one.
    pub fn next(&self) -> Option<u64> {
        if self.asked.get() == self.ops {
            return None;
        }
        self.asked.set(self.asked.get() + 1);
        let pieces = self.size / self.piece as u64;
        let number = if self.is_random { self.random.borrow_mut().next() } else { self.cursor.replace(self.cursor.get() + 1) };
        Some(number % pieces * self.piece as u64)
    }

    /// Every eight bytes of the file are their number.
    pub fn check(&self, bytes: &[u8], offset: u64) {
        if bytes.len() != self.piece || bytes[..8] != (offset / 8).to_le_bytes() {
            self.error();
        }
    }

    pub fn error(&self) {
        self.errors.set(self.errors.get() + 1);
    }
}

pub trait FilesPeer {
    /// Reads at each of `next()`, and has what comes looked at by `check()`.
    fn read(&mut self, files: &Rc<Files>);
    /// `ops` times: writes REPLACED_BYTES beside, fsync, rename, fsync of the directory.
    fn replace(&mut self, files: &Rc<Files>);
}

/// Whoever comes first makes it, under another name at first, so that nobody finds half of it.
fn make(path: &PathBuf, size: u64) {
    if fs::metadata(path).map(|known| known.len() == size).unwrap_or(false) {
        return;
    }
    let name = format!("{}.{}", path.display(), std::process::id());
    let written = File::create(&name).and_then(|mut file| {
        for mib in 0..size >> 20 {
            let first = mib << 17;
            let block: Vec<u8> = (first..first + (1 << 17)).flat_map(u64::to_le_bytes).collect();
            file.write_all(&block)?;
        }
        Ok(())
    });
    if let Err(error) = written {
        quit(UNSUPPORTED, &format!("no room for {name}: {error}"));
    }
    if let Err(error) = fs::rename(&name, path) {
        quit(FAILED, &format!("rename to {}: {error}", path.display()));
    }
}

pub fn files_main<P: FilesPeer>(mut options: Options, mut peer: P) {
    let variant = options.text("--variant", "random1");
    let (depth, piece) = match variant.as_str() {
        "stream64k" => (1, 64 << 10),
        "stream1m" => (1, 1 << 20),
        "random1" | "replace" => (1, 4096),
        "random32" => (32, 4096),
        _ => quit(USAGE, &format!("--variant {variant}: there are stream64k, stream1m, random1, random32, replace")),
    };
    let ops = options.number("--ops", 100, 1, 10_000_000);
    let mut rounds = Rounds::of(&mut options);
    options.end();
    let directory = PathBuf::from(std::env::var("TMPDIR").unwrap_or_else(|_| "/tmp".to_string()));
    let path = directory.join(format!("gyre-lab-files-{MIB}"));
    make(&path, MIB << 20);
    let file = File::open(&path).unwrap_or_else(|error| quit(FAILED, &format!("{}: {error}", path.display())));
    let files = Rc::new(Files {
        depth,
        piece,
        ops,
        is_random: variant.starts_with("random"),
        file: Arc::new(file),
        directory,
        size: MIB << 20,
        asked: Cell::new(0),
        cursor: Cell::new(0),
        random: RefCell::new(Random(42)),
        errors: Cell::new(0),
    });
    let mut run = || {
        files.asked.set(0);
        if variant == "replace" {
            peer.replace(&files);
        } else {
            peer.read(&files);
        }
    };
    let begin = now_nanos();
    while now_nanos() - begin < rounds.warm_up_nanos() {
        run();
    }
    while rounds.next() {
        let (cpu, begin) = (cpu_nanos(), now_nanos());
        run();
        let elapsed = now_nanos() - begin;
        println!(
            "{{\"mode\": \"files\", \"round\": {}, \"errors\": {}, \"variant\": \"{variant}\", \"ops\": {ops}, \"elapsedNanos\": {elapsed}, \"cpuNanos\": {}}}",
            rounds.done,
            files.errors.get(),
            cpu_nanos() - cpu
        );
    }
}
