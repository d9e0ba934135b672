//! {{name}}: a server, and a client that stays connected to it, as state machines on mio.

mod client;
mod connection;
mod conversation;
mod lines;
mod log;
mod options;
mod pauses;
mod server;
mod session;
mod signals;

use connection::Limits;
use conversation::Talk;
use log::log;
use options::Options;
use std::process::ExitCode;

const OUTPUT_BYTES: usize = 64 * 1024;

fn main() -> ExitCode {
    let options = Options::parse();
    let limits = Limits {
        input_bytes: lines::LINE_BYTES_MAX + 1,
        output_bytes: OUTPUT_BYTES,
        message_timeout: None,
        idle_timeout: options.idle_timeout,
    };
    let ended = match options.connect {
        Some(server) => client::run(&options, server),
        None => server::run(&options, limits, Talk::new),
    };
    ended.unwrap_or_else(|error| {
        log(format_args!("{error}"));
        ExitCode::FAILURE
    })
}
