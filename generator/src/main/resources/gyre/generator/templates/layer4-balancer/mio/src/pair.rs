//! Two connections of which each gets what the other sends.

use crate::targets::Tried;
use mio::event::Event;
use mio::net::TcpStream;
use socket2::SockRef;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

/// After so many rounds the others come first.
const ROUNDS: usize = 16;

pub struct Side {
    stream: TcpStream,
    readable: bool, // until a call would block: an edge is told once
    writable: bool,
}

impl Side {
    pub fn new(stream: TcpStream) -> Side {
        Side { stream, readable: false, writable: true }
    }

    pub fn note(&mut self, event: &Event) {
        self.readable |= event.is_readable() || event.is_read_closed();
        self.writable |= event.is_writable();
    }

    /// Whether connecting is done; an event may come before that.
    pub fn is_connected(&self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Closed by a reset: what was cut must not look complete.
pub fn cut(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

/// What one side has sent, and the other has not taken yet.
#[derive(Default)]
struct Direction {
    waiting: Vec<u8>,
    passed_bytes: usize, // of those that wait
    input_ended: bool,
    output_ended: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Passed {
    /// An event will tell when there is something to do.
    Waits,
    /// There is more to do, and no event will tell.
    Unfinished,
    Ended,
}

#[derive(PartialEq, Eq)]
pub enum State {
    Connecting,
    Passing,
}

pub struct Pair {
    pub state: State,
    pub client: Side,
    pub server: Side,
    pub target: usize,
    pub tried: Tried,
    pub last_use: Instant,  // when something moved last, or connecting began
    pub scheduled: Instant, // when its time-out is looked at next
    up: Direction,
    down: Direction,
}

impl Pair {
    pub fn new(client: Side, server: Side, target: usize, tried: Tried, due: Instant) -> Pair {
        Pair {
            state: State::Connecting,
            client,
            server,
            target,
            tried,
            last_use: due,
            scheduled: due,
            up: Direction::default(),
            down: Direction::default(),
        }
    }

    /// Passes on what there is, in both directions.
    pub fn pass(&mut self, piece: &mut [u8]) -> io::Result<Passed> {
        let up = self.up.pass(&mut self.client, &mut self.server, piece)?;
        let down = self.down.pass(&mut self.server, &mut self.client, piece)?;
        Ok(match (up, down) {
            (Passed::Ended, Passed::Ended) => Passed::Ended,
            (Passed::Unfinished, _) | (_, Passed::Unfinished) => Passed::Unfinished,
            _ => Passed::Waits,
        })
    }

    pub fn cut(&self) {
        cut(&self.client.stream);
        cut(&self.server.stream);
    }
}

impl Direction {
    /// Nothing is read before all has been taken that was read before: a slow reader costs a
    /// piece, and one that keeps up costs nothing.
    fn pass(&mut self, from: &mut Side, to: &mut Side, piece: &mut [u8]) -> io::Result<Passed> {
        for _ in 0..ROUNDS {
            if self.output_ended {
                return Ok(Passed::Ended);
            }
            if !self.waiting.is_empty() {
                self.passed_bytes += send(to, &self.waiting[self.passed_bytes..])?;
                if self.passed_bytes < self.waiting.len() {
                    return Ok(Passed::Waits);
                }
                self.waiting = Vec::new();
                self.passed_bytes = 0;
            }
            if self.input_ended {
                to.stream.shutdown(Shutdown::Write)?;
                self.output_ended = true;
                continue;
            }
            if !from.readable {
                return Ok(Passed::Waits);
            }
            match until_done(|| from.stream.read(piece))? {
                None => from.readable = false,
                Some(0) => self.input_ended = true,
                Some(count) => {
                    let sent = send(to, &piece[..count])?;
                    self.waiting = piece[sent..count].to_vec();
                }
            }
        }
        Ok(Passed::Unfinished)
    }
}

/// How many bytes the system has taken.
fn send(to: &mut Side, bytes: &[u8]) -> io::Result<usize> {
    let mut sent = 0;
    while to.writable && sent < bytes.len() {
        match until_done(|| to.stream.write(&bytes[sent..]))? {
            None => to.writable = false,
            Some(count) => sent += count,
        }
    }
    Ok(sent)
}

/// `None` if it would block; a signal that comes between is nobody's matter.
fn until_done(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<Option<usize>> {
    loop {
        match call() {
            Ok(count) => return Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
