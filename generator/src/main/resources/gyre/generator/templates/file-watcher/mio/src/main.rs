//! {{name}}: tells what changes in a directory and below it, by inotify and mio.

mod log;
mod signals;
mod tree;
mod watcher;

use log::log;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{exit, ExitCode};
use std::time::Duration;
use watcher::Watcher;

const SIGNALS: Token = Token(0);
const INOTIFY: Token = Token(1);
const EVENTS: usize = 4;
const BUFFER_BYTES: usize = 64 * 1024;

/// The two events of a move come one behind the other; if there is but one, it has left the tree.
const MOVE: Duration = Duration::from_millis(50);

/// Until SIGTERM.
fn run(root: PathBuf) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut signals = signals::open()?;
    poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
    let mut watcher = Watcher::open(root, BufWriter::new(io::stdout()))?;
    let fd = watcher.fd();
    poll.registry().register(&mut SourceFd(&fd), INOTIFY, Interest::READABLE)?;
    let mut events = Events::with_capacity(EVENTS);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match poll.poll(&mut events, watcher.is_moving().then_some(MOVE)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        if events.is_empty() {
            watcher.settle_move()?;
        }
        for event in &events {
            if event.token() == INOTIFY {
                watcher.take_events(&mut buffer)?;
                // What is left is told again by that, after a look at the signals.
                poll.registry().reregister(&mut SourceFd(&fd), INOTIFY, Interest::READABLE)?;
            } else if signals::take(&mut signals) > 0 {
                return Ok(());
            }
        }
    }
}

/// What the only argument names.
fn directory() -> PathBuf {
    const USAGE: &str = "usage: {{name}} DIRECTORY";
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match &arguments[..] {
        [argument] if argument == "--help" => {
            println!("{USAGE}");
            exit(0)
        }
        [argument] if Path::new(argument).is_dir() => return argument.into(),
        [argument] => eprintln!("{{name}}: {argument:?} is no directory; {USAGE}"),
        _ => eprintln!("{USAGE}"),
    }
    exit(2)
}

fn main() -> ExitCode {
    match run(directory()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever has read, as head does, has what it wanted.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            log(format_args!("{error}"));
            ExitCode::FAILURE
        }
    }
}
