//! {{name}}: a WebSocket server on Tokio: each message goes back as it came. What is done with
//! messages is in `on_message`.

mod connection;
mod options;
mod program;
mod server;
mod websocket;

use bytes::Buf;
use connection::Connection;
use options::Options;
use server::Stopping;
use std::io;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use websocket::{close, Messages, Opcode, FRAME_HEAD_BYTES_MAX, HEAD_BYTES_MAX};

const OUTPUT_LIMIT_BYTES: usize = 64 * 1024;

fn on_message(output: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    websocket::write_frame(output, opcode, payload);
}

/// What a conversation goes on with.
enum Event {
    Input,
    InputEnded,
    ServerEnds,
}

struct Conversation {
    peer: Connection,
    messages: Messages,
    input_bytes_max: usize, // of what is not whole
    idle_timeout: Duration,
    stopping: Stopping,
}

impl Conversation {
    fn new(stream: TcpStream, stopping: Stopping, options: &Options) -> Conversation {
        Conversation {
            peer: Connection::new(stream, options.idle_timeout),
            messages: Messages::new(options.max_message_bytes),
            input_bytes_max: FRAME_HEAD_BYTES_MAX + HEAD_BYTES_MAX.max(options.max_message_bytes),
            idle_timeout: options.idle_timeout,
            stopping,
        }
    }

    async fn run(mut self) -> io::Result<()> {
        if self.shake_hands().await? {
            self.converse().await?;
        }
        self.peer.end().await
    }

    /// Whether it is a WebSocket from now on.
    async fn shake_hands(&mut self) -> io::Result<bool> {
        let head_bytes = loop {
            match websocket::head_bytes(&self.peer.input) {
                Some(count) if count <= HEAD_BYTES_MAX => break count,
                None if self.peer.input.len() <= HEAD_BYTES_MAX => {}
                _ => break 0, // which is no request, and refused
            }
            match self.next_event().await? {
                Event::Input => {}
                Event::InputEnded | Event::ServerEnds => return Ok(false),
            }
        };
        let answer = websocket::answer_handshake(&self.peer.input[..head_bytes]);
        self.peer.input.advance(head_bytes);
        self.peer.output.extend(answer.text.as_bytes());
        Ok(answer.is_upgrade)
    }

    /// Takes frames until somebody closes.
    async fn converse(&mut self) -> io::Result<()> {
        loop {
            match self.take_frame() {
                Ok(true) => {
                    if self.peer.output.len() > OUTPUT_LIMIT_BYTES {
                        self.peer.flush().await?; // a slow reader is not read from either
                    }
                    continue;
                }
                Ok(false) => self.peer.flush().await?,
                Err(code) => {
                    websocket::write_close(&mut self.peer.output, code);
                    return Ok(());
                }
            }
            match self.next_event().await? {
                Event::Input => {}
                Event::InputEnded => return Ok(()), // without a close: there is nobody to answer
                Event::ServerEnds => {
                    websocket::write_close(&mut self.peer.output, Some(close::GOING_AWAY));
                    return Ok(());
                }
            }
        }
    }

    /// False if there is none yet that is whole. An error is the code to close with, or none if
    /// the peer has closed without one.
    fn take_frame(&mut self) -> Result<bool, Option<u16>> {
        let Connection { input, output, .. } = &mut self.peer;
        let Some((frame, count)) = websocket::parse_frame(input, self.messages.room())? else {
            return Ok(false);
        };
        match frame.opcode {
            Opcode::Ping => websocket::write_frame(output, Opcode::Pong, frame.payload),
            Opcode::Pong => {}
            Opcode::Close => return Err(websocket::close_answer(frame.payload)),
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                self.messages.add(frame, |opcode, payload| on_message(output, opcode, payload))?
            }
        }
        input.advance(count);
        Ok(true)
    }

    async fn next_event(&mut self) -> io::Result<Event> {
        debug_assert!(self.peer.input.len() <= self.input_bytes_max);
        tokio::select! {
            biased; // what has come already is answered, even if the server ends
            more = timeout(self.idle_timeout, self.peer.receive()) => {
                Ok(if more?? { Event::Input } else { Event::InputEnded })
            }
            _ = self.stopping.wait() => Ok(Event::ServerEnds),
        }
    }
}

async fn serve(options: Options) -> io::Result<ExitCode> {
    server::run(&options, |stream, stopping| {
        let conversation = Conversation::new(stream, stopping, &options);
        async move {
            let _ = conversation.run().await; // whatever it was, this one connection has ended
        }
    })
    .await
}

fn main() -> ExitCode {
    program::run(serve(Options::parse()))
}
