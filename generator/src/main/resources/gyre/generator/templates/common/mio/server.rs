//! A TCP server on mio: accepts, looks after limits and times, and ends. What is spoken is the
//! conversation's.

use crate::connection::{Connection, Conversation, Limits, Served, Turn};
use crate::log::log;
use crate::options::Options;
use crate::signals;
use mio::net::TcpListener;
use mio::unix::pipe::Receiver;
use mio::{Events, Interest, Poll, Token};
use std::collections::{BTreeSet, HashMap};
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const LISTENER: Token = Token(0);
const SIGNALS: Token = Token(1);
const FIRST: usize = 2;
const EVENTS: usize = 256;
const ACCEPTS_PER_TURN: usize = 64;
const PIECE_BYTES: usize = 16 * 1024;
const PAUSE: Duration = Duration::from_millis(100);

struct Server<'a, C, F> {
    options: &'a Options,
    open: F, // a conversation for each connection
    poll: Poll,
    listener: Option<TcpListener>,
    signals: Receiver,
    turn: Turn,
    connections: HashMap<usize, Connection<C>>,
    next_token: usize, // never used again: an old event can't name a new connection
    times: BTreeSet<(Instant, usize)>, // one for each connection
    unfinished: BTreeSet<usize>,
    resume: Option<Instant>,  // when accepting goes on
    drained: Option<Instant>, // when those that are left are cut off
}

/// Runs until SIGTERM and the end of all connections.
pub fn run<C: Conversation>(
    options: &Options,
    limits: Limits,
    open: impl Fn() -> C,
) -> io::Result<ExitCode> {
    let poll = Poll::new()?;
    let mut listener = TcpListener::bind(options.listen)?;
    let mut signals = signals::open()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    let piece = vec![0; PIECE_BYTES].into_boxed_slice();
    Server {
        options,
        open,
        poll,
        listener: Some(listener),
        signals,
        turn: Turn { now: Instant::now(), draining: false, limits, piece },
        connections: HashMap::new(),
        next_token: FIRST,
        times: BTreeSet::new(),
        unfinished: BTreeSet::new(),
        resume: None,
        drained: None,
    }
    .run()
}

impl<C: Conversation, F: Fn() -> C> Server<'_, C, F> {
    fn run(&mut self) -> io::Result<ExitCode> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            self.turn.now = Instant::now();
            self.check_times();
            if self.drained.is_some() && self.connections.is_empty() {
                return Ok(ExitCode::SUCCESS);
            }
            if self.drained.is_some_and(|at| self.turn.now >= at) {
                let left = self.connections.len();
                log(format_args!("{left} connections did not end in time"));
                return Ok(ExitCode::FAILURE);
            }
            match self.poll.poll(&mut events, self.timeout()) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            self.turn.now = Instant::now();
            for token in std::mem::take(&mut self.unfinished) {
                self.with(token, |connection, turn| connection.serve(turn));
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept_some(),
                    SIGNALS => {
                        if self.stop() {
                            return Ok(ExitCode::FAILURE); // asked twice
                        }
                    }
                    Token(token) => {
                        self.with(token, |connection, turn| connection.on_event(event, turn))
                    }
                }
            }
        }
    }

    /// Does something for a connection, if it is still there, and what follows from that.
    fn with(
        &mut self,
        token: usize,
        act: impl FnOnce(&mut Connection<C>, &mut Turn) -> io::Result<Served>,
    ) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        match act(connection, &mut self.turn) {
            Ok(Served::Waits) => self.schedule(token),
            Ok(Served::Unfinished) => {
                self.unfinished.insert(token);
                self.schedule(token);
            }
            Ok(Served::Ended) | Err(_) => {
                self.times.remove(&(connection.scheduled, token));
                self.connections.remove(&token); // which closes it
            }
        }
    }

    /// A time that is later than before is found out when that has come: most are never reached.
    fn schedule(&mut self, token: usize) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        let due = connection.due(&self.turn);
        if due < connection.scheduled || connection.scheduled <= self.turn.now {
            self.times.remove(&(connection.scheduled, token));
            self.times.insert((due, token));
            connection.scheduled = due;
        }
    }

    fn check_times(&mut self) {
        let now = self.turn.now;
        let due: Vec<usize> =
            self.times.iter().take_while(|(at, _)| *at <= now).map(|(_, token)| *token).collect();
        for token in due {
            self.with(token, |connection, turn| connection.on_time(turn));
        }
        if self.resume.is_some_and(|at| now >= at) {
            self.resume = None;
            self.accept_some();
        }
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.unfinished.is_empty() {
            return Some(Duration::ZERO);
        }
        let first = self.times.iter().next().map(|(due, _)| *due);
        let next = [first, self.resume, self.drained].into_iter().flatten().min();
        // Poll takes whole milliseconds, and must not return before the time.
        next.map(|due| match due.saturating_duration_since(self.turn.now) {
            Duration::ZERO => Duration::ZERO,
            left => left + Duration::from_millis(1),
        })
    }

    /// Until it would block, since another edge comes only after that; but not all in one turn.
    fn accept_some(&mut self) {
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(listener) = &self.listener else { return };
            match listener.accept() {
                Ok((stream, _)) if self.connections.len() < self.options.max_connections => {
                    let _ = stream.set_nodelay(true);
                    self.add(Connection::new(stream, (self.open)(), &self.turn));
                }
                Ok(_) => {} // too many: this one is closed
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if is_shortage(&error) => {
                    log(format_args!("accept: {error}; pausing for {} ms", PAUSE.as_millis()));
                    self.resume = Some(self.turn.now + PAUSE);
                    return;
                }
                Err(_) => {} // of a connection that has gone meanwhile
            }
        }
        self.resume = Some(self.turn.now);
    }

    fn add(&mut self, mut connection: Connection<C>) {
        let token = self.next_token;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        if registry.register(&mut connection.stream, Token(token), interest).is_ok() {
            self.next_token += 1;
            self.times.insert((connection.scheduled, token));
            self.connections.insert(token, connection);
        }
    }

    /// Whether it has been asked for before.
    fn stop(&mut self) -> bool {
        let count = signals::take(&mut self.signals);
        if count == 0 {
            return false;
        }
        if self.drained.is_some() || count > 1 {
            return true;
        }
        self.listener = None;
        self.resume = None;
        self.drained = Some(self.turn.now + self.options.drain_timeout);
        self.turn.draining = true;
        log(format_args!("draining {} connections", self.connections.len()));
        let tokens: Vec<usize> = self.connections.keys().copied().collect();
        for token in tokens {
            self.with(token, |connection, turn| connection.on_stop(turn));
        }
        false
    }
}

/// Whether the system is short of something that comes back when connections end.
fn is_shortage(error: &io::Error) -> bool {
    let codes = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}
