//! {{name}}: passes TCP connections on to several targets, on mio.

mod log;
mod options;
mod pair;
mod signals;
mod targets;

use log::log;
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::unix::pipe::Receiver;
use mio::{Events, Interest, Poll, Token};
use options::Options;
use pair::{Pair, Passed, Side, State};
use std::collections::{BTreeSet, HashMap};
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use targets::{Targets, Tried};

const LISTENER: Token = Token(0);
const SIGNALS: Token = Token(1);
const FIRST: usize = 1; // of pairs, each of which has two tokens
const EVENTS: usize = 256;
const ACCEPTS_PER_TURN: usize = 64;
const PIECE_BYTES: usize = 16 * 1024;
const PAUSE: Duration = Duration::from_millis(100);

struct Balancer {
    options: Options,
    poll: Poll,
    listener: Option<TcpListener>,
    signals: Receiver,
    targets: Targets,
    pairs: HashMap<usize, Box<Pair>>,
    next_id: usize, // never used again: an old event can't name a new pair
    times: BTreeSet<(Instant, usize)>, // one for each pair
    unfinished: BTreeSet<usize>,
    piece: Box<[u8]>,
    now: Instant,             // of this turn
    resume: Option<Instant>,  // when accepting goes on
    drained: Option<Instant>, // when those that are left are cut off
}

fn client_token(id: usize) -> Token {
    Token(2 * id)
}

fn server_token(id: usize) -> Token {
    Token(2 * id + 1)
}

impl Balancer {
    fn open(options: Options) -> io::Result<Balancer> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(options.listen)?;
        let mut signals = signals::open()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
        writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
        Ok(Balancer {
            targets: Targets::new(&options.targets, options.retry_after),
            options,
            poll,
            listener: Some(listener),
            signals,
            pairs: HashMap::new(),
            next_id: FIRST,
            times: BTreeSet::new(),
            unfinished: BTreeSet::new(),
            piece: vec![0; PIECE_BYTES].into_boxed_slice(),
            now: Instant::now(),
            resume: None,
            drained: None,
        })
    }

    fn run(&mut self) -> io::Result<ExitCode> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            self.now = Instant::now();
            self.check_times();
            if self.drained.is_some() && self.pairs.is_empty() {
                return Ok(ExitCode::SUCCESS);
            }
            if self.drained.is_some_and(|at| self.now >= at) {
                log(format_args!("{} connections did not end in time", self.pairs.len()));
                return Ok(ExitCode::FAILURE);
            }
            match self.poll.poll(&mut events, self.timeout()) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            self.now = Instant::now();
            for id in std::mem::take(&mut self.unfinished) {
                self.with(id, |balancer, pair| balancer.pass(pair));
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
                        let id = token / 2;
                        self.with(id, |balancer, pair| balancer.on_event(id, pair, event));
                    }
                }
            }
        }
    }

    // ---- pairs

    /// Does something for a pair, if it is still there, and what follows from that.
    fn with(
        &mut self,
        id: usize,
        act: impl FnOnce(&mut Balancer, &mut Pair) -> io::Result<Passed>,
    ) {
        let Some(mut pair) = self.pairs.remove(&id) else { return };
        let passed = act(self, &mut pair);
        match passed {
            Ok(Passed::Ended) => {}
            Err(_) => pair.cut(),
            Ok(Passed::Waits | Passed::Unfinished) => {
                if matches!(passed, Ok(Passed::Unfinished)) {
                    self.unfinished.insert(id);
                }
                self.schedule(id, &mut pair);
                self.pairs.insert(id, pair);
                return;
            }
        }
        self.times.remove(&(pair.scheduled, id));
        self.targets.release(pair.target);
    }

    fn on_event(&mut self, id: usize, pair: &mut Pair, event: &Event) -> io::Result<Passed> {
        let is_client = event.token() == client_token(id);
        let side = if is_client { &mut pair.client } else { &mut pair.server };
        side.note(event);
        if pair.state == State::Connecting && !is_client {
            return self.on_connect(id, pair);
        }
        let has_gone = pair.state == State::Connecting && event.is_write_closed();
        if event.is_error() || has_gone {
            return Err(ErrorKind::ConnectionReset.into()); // of one side is one of the other
        }
        self.pass(pair)
    }

    fn pass(&mut self, pair: &mut Pair) -> io::Result<Passed> {
        if pair.state == State::Connecting {
            return Ok(Passed::Waits); // nothing is read before there is somebody to write it to
        }
        pair.last_use = self.now;
        pair.pass(&mut self.piece)
    }

    // ---- connecting

    fn on_connect(&mut self, id: usize, pair: &mut Pair) -> io::Result<Passed> {
        match pair.server.is_connected() {
            Ok(false) => Ok(Passed::Waits),
            Ok(true) => {
                if self.targets.is_up(pair.target) {
                    let address = self.targets.address(pair.target);
                    log(format_args!("connect to {address}: it accepts again"));
                }
                pair.state = State::Passing;
                self.pass(pair)
            }
            Err(error) => self.connect_next(id, pair, &error),
        }
    }

    /// After a target that did not accept.
    fn connect_next(
        &mut self,
        id: usize,
        pair: &mut Pair,
        error: &io::Error,
    ) -> io::Result<Passed> {
        self.blame(pair.target, error);
        match self.connect(id, &mut pair.tried) {
            Some((server, target)) => {
                self.targets.release(pair.target);
                pair.server = server; // which closes the one before
                pair.target = target;
                pair.last_use = self.now;
                Ok(Passed::Waits)
            }
            None => Err(ErrorKind::ConnectionRefused.into()),
        }
    }

    /// Begins to connect to one target after the other. Whether it has worked is told by an event.
    fn connect(&mut self, id: usize, tried: &mut Tried) -> Option<(Side, usize)> {
        while let Some(target) = self.targets.choose(tried, self.now) {
            match self.begin_connect(id, target) {
                Ok(server) => return Some((server, target)),
                Err(error) => {
                    self.targets.release(target);
                    self.blame(target, &error);
                }
            }
        }
        None
    }

    fn begin_connect(&self, id: usize, target: usize) -> io::Result<Side> {
        let mut stream = TcpStream::connect(self.targets.address(target))?;
        let _ = stream.set_nodelay(true);
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, server_token(id), interest)?;
        Ok(Side::new(stream))
    }

    fn blame(&mut self, target: usize, error: &io::Error) {
        if self.targets.blame(target, error, self.now) {
            log(format_args!("connect to {}: {error}", self.targets.address(target)));
        }
    }

    // ---- accepting

    /// Until it would block, since another edge comes only after that; but not all in one turn.
    fn accept_some(&mut self) {
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(listener) = &self.listener else { return };
            match listener.accept() {
                Ok((stream, _)) if self.pairs.len() < self.options.max_connections => {
                    self.add(stream);
                }
                Ok(_) => {} // too many: this one is closed
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if is_shortage(&error) => {
                    log(format_args!("accept: {error}; pausing for {} ms", PAUSE.as_millis()));
                    self.resume = Some(self.now + PAUSE);
                    return;
                }
                Err(_) => {} // of a connection that has gone meanwhile
            }
        }
        self.resume = Some(self.now);
    }

    fn add(&mut self, mut client: TcpStream) {
        let id = self.next_id;
        self.next_id += 1;
        let _ = client.set_nodelay(true);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self.poll.registry().register(&mut client, client_token(id), interest).is_err() {
            return;
        }
        let mut tried = Tried::default();
        let Some((server, target)) = self.connect(id, &mut tried) else {
            pair::cut(&client);
            return;
        };
        let mut pair = Pair::new(Side::new(client), server, target, tried, self.now);
        self.schedule(id, &mut pair);
        self.pairs.insert(id, Box::new(pair));
    }

    // ---- time and signals

    fn due(&self, pair: &Pair) -> Instant {
        match pair.state {
            State::Connecting => pair.last_use + self.options.connect_timeout,
            State::Passing => pair.last_use + self.options.idle_timeout,
        }
    }

    /// A time that is later than before is found out when that has come: most are never reached.
    fn schedule(&mut self, id: usize, pair: &mut Pair) {
        let due = self.due(pair);
        if due < pair.scheduled || pair.scheduled <= self.now {
            self.times.remove(&(pair.scheduled, id));
            self.times.insert((due, id));
            pair.scheduled = due;
        }
    }

    fn on_time(&mut self, id: usize, pair: &mut Pair) -> io::Result<Passed> {
        if self.now < self.due(pair) {
            return Ok(Passed::Waits);
        }
        let timeout = io::Error::from_raw_os_error(libc::ETIMEDOUT);
        match pair.state {
            State::Connecting => self.connect_next(id, pair, &timeout),
            State::Passing => Err(timeout),
        }
    }

    fn check_times(&mut self) {
        let now = self.now;
        let due: Vec<usize> =
            self.times.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| *id).collect();
        for id in due {
            self.with(id, |balancer, pair| balancer.on_time(id, pair));
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
        next.map(|due| match due.saturating_duration_since(self.now) {
            Duration::ZERO => Duration::ZERO,
            left => left + Duration::from_millis(1),
        })
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
        self.drained = Some(self.now + self.options.drain_timeout);
        log(format_args!("draining {} connections", self.pairs.len()));
        false
    }
}

/// Whether the system is short of something that comes back when connections end.
fn is_shortage(error: &io::Error) -> bool {
    let codes = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

fn main() -> ExitCode {
    let options = Options::parse();
    Balancer::open(options).and_then(|mut balancer| balancer.run()).unwrap_or_else(|error| {
        log(format_args!("{error}"));
        ExitCode::FAILURE
    })
}
