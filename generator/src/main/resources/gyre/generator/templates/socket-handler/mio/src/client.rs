//! A client that stays connected: it gives the session's state machine a socket and a clock.

use crate::lines::{self, TooLong};
use crate::log::log;
use crate::options::Options;
use crate::pauses::Pauses;
use crate::session::{Due, Patience, Session, State};
use crate::signals;
use mio::net::TcpStream;
use mio::unix::pipe::Receiver;
use mio::{Events, Interest, Poll, Token};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const SIGNALS: Token = Token(0);
const SERVER: Token = Token(1);
const EVENTS: usize = 4;
const PIECE_BYTES: usize = 1024;

struct Client<'a> {
    options: &'a Options,
    server: SocketAddr,
    poll: Poll,
    signals: Receiver,
    session: Session,
    told: State, // which the user has been told
    pauses: Pauses,
    pause: Duration,
    stream: Option<TcpStream>,
    input: Vec<u8>,       // at most a line, and a piece more
    output: Vec<u8>,      // at most a few lines: no question comes before the last one is answered
    due: Option<Instant>, // when the time of the state is over
}

pub fn run(options: &Options, server: SocketAddr) -> io::Result<ExitCode> {
    let poll = Poll::new()?;
    let mut signals = signals::open()?;
    poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
    let mut client = Client {
        options,
        server,
        poll,
        signals,
        session: Session::new("{{name}}"),
        told: State::Waiting,
        pauses: Pauses::new(options.retry_max),
        pause: Duration::ZERO,
        stream: None,
        input: Vec::new(),
        output: Vec::new(),
        due: None,
    };
    client.run()?;
    Ok(ExitCode::SUCCESS)
}

impl Client<'_> {
    /// Until SIGTERM.
    fn run(&mut self) -> io::Result<()> {
        self.act(Client::on_time); // as if a pause were over
        let mut events = Events::with_capacity(EVENTS);
        while self.session.state() != State::Ended {
            let left = self.due.map(|due| due.saturating_duration_since(Instant::now()));
            // Poll takes whole milliseconds, and must not return before the time.
            match self.poll.poll(&mut events, left.map(|left| left + Duration::from_millis(1))) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                match event.token() {
                    SERVER => self.act(Client::on_event),
                    _ if signals::take(&mut self.signals) > 0 => self.stop(),
                    _ => {}
                }
            }
            if self.due.is_some_and(|due| Instant::now() >= due) {
                self.act(Client::on_time);
            }
        }
        Ok(())
    }

    /// Does something, and what follows from that for the state.
    fn act(&mut self, step: impl FnOnce(&mut Self) -> Result<(), String>) {
        if let Err(problem) = step(self) {
            self.fail(&problem);
        }
        self.note_change();
    }

    fn fail(&mut self, problem: &str) {
        self.stream = None; // which closes it
        self.input.clear();
        self.output.clear();
        self.pause = self.pauses.next(random());
        self.session.on_failure();
        let millis = self.pause.as_millis();
        log(format_args!("{problem}; connecting again in {millis} ms"));
    }

    /// Says which state it has come to, and how long that may last.
    fn note_change(&mut self) {
        let state = self.session.state();
        let before = std::mem::replace(&mut self.told, state);
        if state == before {
            return;
        }
        let options = self.options;
        let patience = match self.session.patience() {
            Patience::Answer => Some(options.answer_timeout),
            Patience::Heartbeat => Some(options.heartbeat),
            Patience::Pause => Some(self.pause),
            Patience::Forever => None,
        };
        self.due = patience.map(|patience| Instant::now() + patience);
        match (before, state) {
            (State::Ready { .. }, State::Ready { .. }) => {} // it was said
            (_, State::Ready { .. }) => {
                self.pauses.reset();
                say("READY");
            }
            (_, State::Connecting) => say("CONNECTING"),
            (_, State::Greeting) => say("GREETING"),
            (_, State::Waiting) => say("WAITING"),
            (_, State::Ended) => say("ENDED"),
        }
    }

    fn on_time(&mut self) -> Result<(), String> {
        match self.session.on_time()? {
            Due::Connect => {
                self.note_change(); // even if that fails at once
                self.connect().map_err(|error| self.explain(&error))
            }
            Due::Say(text) => {
                self.output.extend_from_slice(text.as_bytes());
                self.send()
            }
        }
    }

    /// Begins to. Whether it has worked is told by an event.
    fn connect(&mut self) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.server)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, SERVER, interest)?;
        let _ = stream.set_nodelay(true);
        self.stream = Some(stream);
        Ok(())
    }

    fn explain(&self, error: &io::Error) -> String {
        format!("{}: {error}", self.server)
    }

    fn on_event(&mut self) -> Result<(), String> {
        let Some(stream) = &self.stream else { return Ok(()) };
        if self.session.state() == State::Connecting {
            if !is_connected(stream).map_err(|error| self.explain(&error))? {
                return Ok(());
            }
            // One state after the other, even if the first answer is there already.
            let greeting = self.session.on_connected();
            self.output.extend_from_slice(greeting.as_bytes());
            self.note_change();
        }
        self.send()?;
        self.receive()
    }

    /// Until it would block: another edge comes only after that.
    fn receive(&mut self) -> Result<(), String> {
        let mut piece = [0; PIECE_BYTES];
        loop {
            let Some(stream) = &mut self.stream else { return Ok(()) };
            match stream.read(&mut piece) {
                Ok(0) => return Err("the server has ended the connection".to_string()),
                Ok(count) => self.input.extend_from_slice(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.explain(&error)),
            }
            self.take_lines()?;
        }
    }

    fn take_lines(&mut self) -> Result<(), String> {
        loop {
            match lines::first(&self.input) {
                Ok(Some((line, bytes))) => {
                    self.session.on_line(line)?;
                    self.input.drain(..bytes);
                    self.note_change();
                }
                Ok(None) => return Ok(()),
                Err(TooLong) => return Err("the server said a line that is too long".to_string()),
            }
        }
    }

    fn send(&mut self) -> Result<(), String> {
        while !self.output.is_empty() {
            let Some(stream) = &mut self.stream else { return Ok(()) };
            match stream.write(&self.output) {
                Ok(count) => drop(self.output.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.explain(&error)),
            }
        }
        Ok(())
    }

    fn stop(&mut self) {
        let last = self.session.on_stop();
        self.output.extend_from_slice(last.as_bytes());
        let _ = self.send(); // or the server has gone first
        self.stream = None;
        self.note_change();
    }
}

/// Whether anybody reads it is nobody's matter.
fn say(state: &str) {
    let _ = writeln!(io::stdout(), "state {state}");
}

/// Whether connecting is done; an event may come before that.
fn is_connected(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}

/// Of the keys that the standard library chooses for each of its maps.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
