//! {{name}}: a server of framed messages on Tokio. What is spoken is in `answer.rs`.

mod answer;
mod connection;
mod frames;
{{#metrics}}
mod metrics;
{{/metrics}}
mod options;
mod program;
mod server;

use answer::{answer, Answer};
use connection::Connection;
use frames::{Decoder, TooLong};
use options::Options;
use server::Stopping;
use std::io;
use std::ops::ControlFlow::{self, Break, Continue};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{sleep, sleep_until, Instant};

const OUTPUT_LIMIT_BYTES: usize = 64 * 1024;

/// What a conversation goes on with.
enum Event {
    Input,
    InputEnded,
    MessageTooSlow,
    ServerEnds,
}

struct Conversation {
    peer: Connection,
    decoder: Decoder,
    message_due: Option<Instant>, // when the message that has begun must be whole
    stopping: Stopping,
    options: Arc<Options>,
}

impl Conversation {
    fn new(stream: TcpStream, stopping: Stopping, options: Arc<Options>) -> Conversation {
        Conversation {
            peer: Connection::new(stream, options.idle_timeout),
            decoder: Decoder::new(options.max_message_bytes),
            message_due: None,
            stopping,
            options,
        }
    }

    /// Answers each message by one, in order, until somebody ends.
    async fn run(mut self) -> io::Result<()> {
        loop {
            match self.next_event().await? {
                Event::Input => {
                    if self.answer_all().await?.is_break() {
                        break;
                    }
                }
                // A message that was cut is dropped, and of those that are whole none is left.
                Event::InputEnded | Event::ServerEnds => return Ok(()),
                Event::MessageTooSlow => {
                    self.put(b"error message took too long");
                    break;
                }
            }
        }
        self.peer.end().await
    }

    async fn next_event(&mut self) -> io::Result<Event> {
        let is_empty = self.peer.input.is_empty();
        let idle_timeout = self.options.idle_timeout;
        let message_due = self.message_due.unwrap_or_else(Instant::now);
        tokio::select! {
            biased; // what has come already is answered, even if the server ends
            more = self.peer.receive() => Ok(if more? { Event::Input } else { Event::InputEnded }),
            _ = self.stopping.wait(), if is_empty => Ok(Event::ServerEnds),
            _ = sleep_until(message_due), if !is_empty => Ok(Event::MessageTooSlow),
            _ = sleep(idle_timeout) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// All messages that are whole. Breaks if the conversation is to end.
    async fn answer_all(&mut self) -> io::Result<ControlFlow<()>> {
        loop {
            let message = match self.decoder.next(&mut self.peer.input) {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(TooLong) => {
                    self.put(b"error message too long");
                    return Ok(Break(()));
                }
            };
            self.message_due = None;
            match answer(&message) {
                Answer::Say(text) => self.put(text),
                Answer::Wait(time) => {
                    self.wait(time).await?;
                    self.put(b"waited");
                }
                Answer::Quit => {
                    self.put(b"bye");
                    return Ok(Break(()));
                }
            }
            if self.peer.output.len() > OUTPUT_LIMIT_BYTES {
                self.peer.flush().await?; // a slow reader is not read from either
            }
        }
        self.peer.flush().await?;
        if !self.peer.input.is_empty() && self.message_due.is_none() {
            // From now on it is the peer who is waited for.
            self.message_due = Some(Instant::now() + self.options.message_timeout);
        }
        Ok(Continue(()))
    }

    fn put(&mut self, message: &[u8]) {
        frames::put(&mut self.peer.output, message);
    }

    /// More messages wait meanwhile. A peer that is gone does not keep its place.
    async fn wait(&mut self, time: Duration) -> io::Result<()> {
        self.peer.flush().await?;
        let due = sleep(time);
        tokio::pin!(due);
        let mut has_ended = false;
        loop {
            let has_room = self.peer.input.len() < self.options.max_message_bytes;
            tokio::select! {
                _ = &mut due => return Ok(()),
                more = self.peer.receive(), if has_room && !has_ended => has_ended = !more?,
            }
        }
    }
}

async fn serve(options: Arc<Options>) -> io::Result<ExitCode> {
    server::run(&options, |stream, stopping| {
        let conversation = Conversation::new(stream, stopping, options.clone());
        async move {
{{#metrics}}
            if conversation.run().await.is_err() {
                metrics::FAILED.add(1); // whatever it was, this one connection has ended
            }
{{/metrics}}
{{^metrics}}
            let _ = conversation.run().await; // whatever it was, this one connection has ended
{{/metrics}}
        }
    })
    .await
}

fn main() -> ExitCode {
    let options = Arc::new(Options::parse());
    program::run(serve(options))
}
