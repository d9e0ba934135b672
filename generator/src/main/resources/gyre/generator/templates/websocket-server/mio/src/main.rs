//! {{name}}: a WebSocket server on mio.

mod connection;
mod echo;
mod log;
mod options;
mod server;
mod signals;
mod websocket;

use connection::Limits;
use echo::Echo;
use log::log;
use options::Options;
use std::process::ExitCode;
use websocket::{FRAME_HEAD_BYTES_MAX, HEAD_BYTES_MAX};

const OUTPUT_BYTES: usize = 64 * 1024;

fn main() -> ExitCode {
    let options = Options::parse();
    let frame_bytes = options.max_message_bytes + FRAME_HEAD_BYTES_MAX;
    let limits = Limits {
        input_bytes: frame_bytes.max(HEAD_BYTES_MAX),
        output_bytes: OUTPUT_BYTES,
        message_timeout: None,
        idle_timeout: options.idle_timeout,
    };
    let open = || Echo::new(options.max_message_bytes);
    server::run(&options, limits, open).unwrap_or_else(|error| {
        log(format_args!("{error}"));
        ExitCode::FAILURE
    })
}
