//! {{name}}: a server and a client that stays connected, as state machines, on Tokio.

mod client;
mod connection;
mod conversation;
mod frames;
mod options;
mod pauses;
mod program;
mod server;

use connection::Connection;
use conversation::State;
use frames::{Decoder, TooLong};
use options::Options;
use server::Stopping;
use std::io;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::timeout;

pub const LINE_BYTES_MAX: usize = 1024;

/// The server's side, until the peer, the state machine or the server ends.
async fn converse(
    mut peer: Connection,
    idle_timeout: Duration,
    mut stopping: Stopping,
) -> io::Result<()> {
    let mut decoder = Decoder::new(LINE_BYTES_MAX);
    let mut state = State::Hello;
    while state != State::Ended {
        match decoder.next(&mut peer.input) {
            Ok(Some(line)) => {
                let (next, answer) = state.on(&line);
                state = next;
                frames::put(&mut peer.output, answer.as_bytes());
            }
            Ok(None) => {
                peer.flush().await?;
                tokio::select! {
                    biased; // what has come already is answered, even if the server ends
                    more = timeout(idle_timeout, peer.receive()) => if !more?? { return Ok(()) },
                    _ = stopping.wait() => return Ok(()),
                }
            }
            Err(TooLong) => {
                frames::put(&mut peer.output, b"error line too long");
                break;
            }
        }
    }
    peer.end().await
}

async fn serve(options: Options) -> io::Result<ExitCode> {
    server::run(&options, |stream, stopping| {
        let idle_timeout = options.idle_timeout;
        let peer = Connection::new(stream, idle_timeout);
        async move {
            let _ = converse(peer, idle_timeout, stopping).await; // whatever it was, this connection has ended
        }
    })
    .await
}

fn main() -> ExitCode {
    let options = Options::parse();
    match options.connect {
        Some(address) => program::run(client::run(address, options)),
        None => program::run(serve(options)),
    }
}
