//! One connection: its buffers, its times, and what is to be done for it next.

use mio::event::Event;
use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

/// After so many rounds the others come first.
const ROUNDS: usize = 16;

/// How long a peer may take to read the last of its output.
const ENDING: Duration = Duration::from_secs(5);

/// What is spoken on one connection. It sees bytes, and no socket.
pub trait Conversation {
    /// Takes what is whole off the beginning of the input, as long as the reply takes it, and says
    /// how many bytes that were. If the input is full it takes some, or ends.
    fn on_input(&mut self, input: &mut [u8], reply: &mut Reply) -> usize;

    /// The pause that it asked for is over.
    fn on_pause_end(&mut self, _reply: &mut Reply) {}

    /// A message has begun, and is not whole in time.
    fn on_late(&mut self, _reply: &mut Reply) {}

    /// The server is asked to end.
    fn on_stop(&mut self, _reply: &mut Reply) {}
}

/// What a conversation answers, and how it goes on.
pub struct Reply {
    pub output: Vec<u8>,
    /// No input is taken before.
    pub paused_until: Option<Instant>,
    /// The connection ends when the output has been sent; what still comes is dropped.
    pub ending: bool,
    sent_bytes: usize, // of the output
    limit_bytes: usize,
}

impl Reply {
    pub fn new(limit_bytes: usize) -> Reply {
        Reply { output: Vec::new(), paused_until: None, ending: false, sent_bytes: 0, limit_bytes }
    }

    /// Not while a slow reader has more than the limit to read.
    pub fn takes_input(&self) -> bool {
        !self.ending && self.paused_until.is_none() && self.unsent().len() <= self.limit_bytes
    }

    fn unsent(&self) -> &[u8] {
        &self.output[self.sent_bytes..]
    }

    fn sent(&mut self, bytes: usize) {
        self.sent_bytes += bytes;
        if self.sent_bytes == self.output.len() {
            self.output = Vec::new(); // an idle connection owns no buffers
            self.sent_bytes = 0;
        }
    }
}

#[derive(Clone, Copy)]
pub struct Limits {
    /// Of a message: as much input is kept at most, and one piece more.
    pub input_bytes: usize,
    /// No input is taken while more than that waits to be sent.
    pub output_bytes: usize,
    pub message_timeout: Option<Duration>,
    pub idle_timeout: Duration,
}

/// What all connections share for one turn of the loop.
pub struct Turn {
    pub now: Instant,
    pub draining: bool,
    pub limits: Limits,
    pub piece: Box<[u8]>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Served {
    /// An event or a time will tell when there is something to do.
    Waits,
    /// There is more to do, and no event will tell.
    Unfinished,
    Ended,
}

pub struct Connection<C> {
    pub stream: TcpStream,
    pub scheduled: Instant, // when the server looks at its times next
    conversation: C,
    reply: Reply,
    input: Vec<u8>,
    readable: bool, // until a call would block: an edge is told once
    writable: bool,
    input_ended: bool,
    last_use: Instant,
    late: Option<Instant>, // when a message that has begun has to be whole
    end: Option<Instant>,  // since our side is shut: when it is closed in any case
}

impl<C: Conversation> Connection<C> {
    pub fn new(stream: TcpStream, conversation: C, turn: &Turn) -> Connection<C> {
        Connection {
            stream,
            scheduled: turn.now + turn.limits.idle_timeout,
            conversation,
            reply: Reply::new(turn.limits.output_bytes),
            input: Vec::new(),
            readable: false,
            writable: true,
            input_ended: false,
            last_use: turn.now,
            late: None,
            end: None,
        }
    }

    pub fn on_event(&mut self, event: &Event, turn: &mut Turn) -> io::Result<Served> {
        if event.is_error() || event.is_write_closed() {
            return Ok(Served::Ended); // reset, or shut on both sides
        }
        self.readable |= event.is_readable() || event.is_read_closed();
        self.writable |= event.is_writable();
        self.serve(turn)
    }

    pub fn on_stop(&mut self, turn: &mut Turn) -> io::Result<Served> {
        if !self.reply.ending {
            self.conversation.on_stop(&mut self.reply);
        }
        self.readable = true; // what has come is still answered, even if its event has not
        self.serve(turn)
    }

    pub fn on_time(&mut self, turn: &mut Turn) -> io::Result<Served> {
        let has_come = |time: Option<Instant>| time.is_some_and(|at| turn.now >= at);
        if has_come(self.reply.paused_until) {
            self.reply.paused_until = None;
            self.last_use = turn.now;
            self.conversation.on_pause_end(&mut self.reply);
            self.serve(turn)
        } else if has_come(self.late) {
            self.late = None;
            self.conversation.on_late(&mut self.reply);
            self.serve(turn)
        } else if turn.now >= self.due(turn) {
            Ok(Served::Ended)
        } else {
            Ok(Served::Waits)
        }
    }

    /// When there is something to do even if no event comes.
    pub fn due(&self, turn: &Turn) -> Instant {
        let idle = self.last_use + turn.limits.idle_timeout;
        let waits = self.reply.paused_until.unwrap_or(idle); // then it is us who are waited for
        [self.late, self.end].into_iter().flatten().fold(waits, Instant::min)
    }

    pub fn serve(&mut self, turn: &mut Turn) -> io::Result<Served> {
        for _ in 0..ROUNDS {
            self.converse(turn)?;
            if self.is_over(turn) {
                return Ok(Served::Ended);
            }
            if !self.readable || !self.wants_input(turn) {
                return Ok(Served::Waits);
            }
            self.receive(turn)?;
        }
        Ok(Served::Unfinished)
    }

    /// Takes what is whole, and sends what there is; each round makes the input shorter.
    fn converse(&mut self, turn: &Turn) -> io::Result<()> {
        let mut has_taken = false;
        loop {
            let mut taken = 0;
            if !self.input.is_empty() && self.reply.takes_input() {
                taken = self.conversation.on_input(&mut self.input, &mut self.reply);
                self.input.drain(..taken);
            }
            has_taken |= taken > 0;
            self.send(turn.now)?;
            if taken == 0 || !self.reply.takes_input() {
                break;
            }
        }
        if self.reply.ending {
            self.input.clear();
            self.shut(turn.now)?;
        }
        if self.input.is_empty() {
            self.input = Vec::new();
        }
        self.watch_message(has_taken, turn);
        Ok(())
    }

    /// The time of a message runs while it is the peer that is waited for.
    fn watch_message(&mut self, has_taken: bool, turn: &Turn) {
        if self.input.is_empty() || !self.reply.takes_input() {
            self.late = None;
        } else if has_taken || self.late.is_none() {
            self.late = turn.limits.message_timeout.map(|timeout| turn.now + timeout);
        }
    }

    /// The peer reads all of the output, ends too, and then it is closed.
    fn shut(&mut self, now: Instant) -> io::Result<()> {
        if self.end.is_none() && self.reply.unsent().is_empty() {
            self.stream.shutdown(Shutdown::Write)?;
            self.end = Some(now + ENDING);
        }
        Ok(())
    }

    /// Whether nothing is left to be done for it. A message that is cut is dropped.
    fn is_over(&self, turn: &Turn) -> bool {
        let is_quiet = self.reply.unsent().is_empty() && self.reply.paused_until.is_none();
        let has_input = self.readable || !self.input.is_empty();
        let is_drained = turn.draining && !self.reply.ending && !has_input;
        is_quiet && (self.input_ended || is_drained)
    }

    /// What comes at the end is dropped: unread bytes would make a reset of the close.
    fn wants_input(&self, turn: &Turn) -> bool {
        let has_room = self.reply.takes_input() && self.input.len() < turn.limits.input_bytes;
        !self.input_ended && (self.reply.ending || has_room)
    }

    fn receive(&mut self, turn: &mut Turn) -> io::Result<()> {
        match until_done(|| self.stream.read(&mut turn.piece))? {
            None => self.readable = false,
            Some(0) => self.input_ended = true,
            Some(_) if self.reply.ending => {}
            Some(count) => {
                self.input.extend_from_slice(&turn.piece[..count]);
                self.last_use = turn.now;
            }
        }
        Ok(())
    }

    fn send(&mut self, now: Instant) -> io::Result<()> {
        while self.writable && !self.reply.unsent().is_empty() {
            match until_done(|| self.stream.write(self.reply.unsent()))? {
                None => self.writable = false,
                Some(count) => {
                    self.reply.sent(count);
                    self.last_use = now;
                }
            }
        }
        Ok(())
    }
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
