//! {{name}}: a TCP echo server on mio.

mod connection;
mod log;
mod options;
mod signals;

use connection::{Connection, Served};
use log::log;
use mio::net::TcpListener;
use mio::unix::pipe::Receiver;
use mio::{Events, Interest, Poll, Token};
use options::Options;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const LISTENER: Token = Token(0);
const SIGNALS: Token = Token(1);
const FIRST: usize = 2;
const EVENTS: usize = 256;
const PAUSE: Duration = Duration::from_millis(100);

struct Server {
    options: Options,
    poll: Poll,
    listener: Option<TcpListener>,
    signals: Receiver,
    connections: HashMap<usize, Connection>,
    next_token: usize, // never used again: an old event can't name a new connection
    idle: BinaryHeap<Reverse<(Instant, usize)>>,
    unfinished: BTreeSet<usize>,
    resume: Option<Instant>,  // when accepting goes on
    drained: Option<Instant>, // when those that are left are cut off
}

impl Server {
    fn open(options: Options) -> io::Result<Server> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(options.listen)?;
        let mut signals = signals::open()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
        writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
        Ok(Server {
            options,
            poll,
            listener: Some(listener),
            signals,
            connections: HashMap::new(),
            next_token: FIRST,
            idle: BinaryHeap::new(),
            unfinished: BTreeSet::new(),
            resume: None,
            drained: None,
        })
    }

    fn run(&mut self) -> io::Result<ExitCode> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let now = Instant::now();
            self.check_time(now);
            if self.drained.is_some() && self.connections.is_empty() {
                return Ok(ExitCode::SUCCESS);
            }
            if self.drained.is_some_and(|at| now >= at) {
                let left = self.connections.len();
                log(format_args!("{left} connections did not end in time"));
                return Ok(ExitCode::FAILURE);
            }
            match self.poll.poll(&mut events, self.timeout(now)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            let now = Instant::now();
            for token in std::mem::take(&mut self.unfinished) {
                self.serve(token, now);
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept_all(now),
                    SIGNALS => {
                        if self.stop(now) {
                            return Ok(ExitCode::FAILURE); // asked twice
                        }
                    }
                    Token(token) => self.serve(token, now),
                }
            }
        }
    }

    fn serve(&mut self, token: usize, now: Instant) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        connection.last_use = now;
        match connection.serve() {
            Ok(Served::Waits) => {}
            Ok(Served::Unfinished) => {
                self.unfinished.insert(token);
            }
            Ok(Served::Ended) | Err(_) => {
                self.connections.remove(&token); // which closes it
            }
        }
    }

    /// Until it would block: another edge comes only after that.
    fn accept_all(&mut self, now: Instant) {
        let Some(listener) = &self.listener else { return };
        loop {
            match listener.accept() {
                Ok((stream, _)) if self.connections.len() < self.options.max_connections => {
                    let _ = stream.set_nodelay(true);
                    let token = self.next_token;
                    let mut connection = Connection::new(stream, now);
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    let registry = self.poll.registry();
                    if registry.register(&mut connection.stream, Token(token), interest).is_ok() {
                        self.next_token += 1;
                        self.connections.insert(token, connection);
                        self.idle.push(Reverse((now + self.options.idle_timeout, token)));
                    }
                }
                Ok(_) => {} // too many: this one is closed
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if is_shortage(&error) => {
                    log(format_args!("accept: {error}; pausing for {} ms", PAUSE.as_millis()));
                    self.resume = Some(now + PAUSE);
                    return;
                }
                Err(_) => {} // of a connection that has gone meanwhile
            }
        }
    }

    /// Whether it has been asked for before.
    fn stop(&mut self, now: Instant) -> bool {
        let count = signals::take(&mut self.signals);
        if count == 0 {
            return false;
        }
        if self.drained.is_some() || count > 1 {
            return true;
        }
        self.listener = None;
        self.resume = None;
        self.drained = Some(now + self.options.drain_timeout);
        log(format_args!("draining {} connections", self.connections.len()));
        false
    }

    fn check_time(&mut self, now: Instant) {
        while let Some(&Reverse((due, token))) = self.idle.peek() {
            if due > now {
                break;
            }
            self.idle.pop();
            let Some(connection) = self.connections.get(&token) else { continue };
            let due = connection.last_use + self.options.idle_timeout;
            if due <= now {
                self.connections.remove(&token);
            } else {
                self.idle.push(Reverse((due, token)));
            }
        }
        if self.resume.is_some_and(|at| now >= at) {
            self.resume = None;
            self.accept_all(now);
        }
    }

    fn timeout(&self, now: Instant) -> Option<Duration> {
        if !self.unfinished.is_empty() {
            return Some(Duration::ZERO);
        }
        let idle = self.idle.peek().map(|&Reverse((due, _))| due);
        let next = [idle, self.resume, self.drained].into_iter().flatten().min();
        next.map(|due| due.saturating_duration_since(now) + Duration::from_millis(1))
    }
}

/// Whether the system is short of something that comes back when connections end.
fn is_shortage(error: &io::Error) -> bool {
    let codes = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

fn main() -> ExitCode {
    let options = Options::parse();
    Server::open(options).and_then(|mut server| server.run()).unwrap_or_else(|error| {
        log(format_args!("{error}"));
        ExitCode::FAILURE
    })
}
