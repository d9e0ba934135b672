//! {{name}}: many timers, set and cancelled by lines on standard input, on mio.

mod commands;
mod log;
mod signals;
mod wheel;

use commands::{Input, Timers};
use log::log;
use mio::unix::pipe::Receiver;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Stdout, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::{exit, ExitCode};
use std::time::{Duration, Instant};

const SIGNALS: Token = Token(0);
const INPUT: Token = Token(1);
const EVENTS: usize = 4;
const PIECE_BYTES: usize = 64 * 1024;
const MAX_TIMERS: usize = 1_000_000;
const USAGE: &str = "usage: {{name}} [--max-timers N]";

#[derive(PartialEq, Eq)]
enum Source {
    /// A pipe or a terminal: events tell when there is something to read.
    Polled,
    /// A file, which can't be polled, and always has something to read.
    File,
    Ended,
}

struct Program {
    poll: Poll,
    signals: Receiver,
    input: File,
    source: Source,
    timers: Timers,
    begin: Instant, // of the wheel's time
    out: BufWriter<Stdout>,
    piece: Vec<u8>,
}

impl Program {
    fn open(max_timers: usize) -> io::Result<Program> {
        let poll = Poll::new()?;
        let mut signals = signals::open()?;
        poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
        let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let registered =
            poll.registry().register(&mut SourceFd(&input.as_raw_fd()), INPUT, Interest::READABLE);
        let source = match registered {
            Ok(()) => Source::Polled,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Source::File,
            Err(error) => return Err(error),
        };
        Ok(Program {
            poll,
            signals,
            input,
            source,
            timers: Timers::new(max_timers),
            begin: Instant::now(),
            out: BufWriter::new(io::stdout()),
            piece: vec![0; PIECE_BYTES],
        })
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        while self.source != Source::Ended || !self.timers.is_empty() {
            match self.poll.poll(&mut events, self.timeout()) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            self.timers.fire(now_millis(self.begin), &mut self.out)?;
            if self.source == Source::File || events.iter().any(|event| event.token() == INPUT) {
                self.read()?;
            }
            self.out.flush()?;
            if signals::take(&mut self.signals) > 0 {
                log(format_args!("stopped with {} timers active", self.timers.len()));
                return Ok(());
            }
        }
        Ok(())
    }

    /// One piece: to read until it would block is no way, since standard input may block, and is
    /// not ours alone to change.
    fn read(&mut self) -> io::Result<()> {
        let count = match self.input.read(&mut self.piece) {
            Ok(count) => count,
            Err(error) if is_nothing(&error) => return self.watch_again(),
            Err(error) => return Err(error),
        };
        let begin = self.begin;
        let clock = || now_millis(begin);
        let input = self.timers.on_input(&self.piece[..count], clock, &mut self.out)?;
        if count > 0 && input == Input::GoesOn {
            return self.watch_again();
        }
        if self.source == Source::Polled {
            self.poll.registry().deregister(&mut SourceFd(&self.input.as_raw_fd()))?;
        }
        self.source = Source::Ended;
        Ok(())
    }

    /// What is left to read is told again by that; else an edge is told once.
    fn watch_again(&self) -> io::Result<()> {
        if self.source == Source::File {
            return Ok(());
        }
        let registry = self.poll.registry();
        registry.reregister(&mut SourceFd(&self.input.as_raw_fd()), INPUT, Interest::READABLE)
    }

    fn timeout(&self) -> Option<Duration> {
        if self.source == Source::File {
            return Some(Duration::ZERO);
        }
        let due = self.timers.next_millis()?;
        Some(Duration::from_millis(due.saturating_sub(now_millis(self.begin))))
    }
}

/// Those that are over.
fn now_millis(begin: Instant) -> u64 {
    begin.elapsed().as_millis() as u64
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock)
}

fn max_timers() -> usize {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wrong = |message: &str| -> ! {
        eprintln!("{{name}}: {message}; {USAGE}");
        exit(2)
    };
    match &arguments[..] {
        [] => MAX_TIMERS,
        [name] if name == "--help" => {
            println!("{USAGE}");
            exit(0)
        }
        [name, value] if name == "--max-timers" => match value.parse() {
            Ok(count @ 1..=99_999_999) => count,
            _ => wrong(&format!("{name}: \"{value}\" is no number from 1 to 99999999")),
        },
        [name, ..] => wrong(&format!("{name} is not understood")),
    }
}

fn main() -> ExitCode {
    match Program::open(max_timers()).and_then(|mut program| program.run()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever has read, as head does, has what it wanted.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            log(format_args!("{error}"));
            ExitCode::FAILURE
        }
    }
}
