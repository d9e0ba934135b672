//! {{name}}: a server of framed messages on mio.

mod connection;
mod log;
mod messages;
mod options;
mod protocol;
mod server;
mod signals;

use connection::Limits;
use log::log;
use options::Options;
use protocol::Protocol;
use std::process::ExitCode;

const OUTPUT_BYTES: usize = 64 * 1024;
{{#lines}}
const FRAME_BYTES: usize = 2; // the end of a line, beside its text
{{/lines}}
{{#length}}
const FRAME_BYTES: usize = messages::HEAD_BYTES; // beside its text
{{/length}}

fn main() -> ExitCode {
    let options = Options::parse();
    let limits = Limits {
        input_bytes: options.max_message_bytes + FRAME_BYTES,
        output_bytes: OUTPUT_BYTES,
        message_timeout: Some(options.message_timeout),
        idle_timeout: options.idle_timeout,
    };
    let open = || Protocol::new(options.max_message_bytes);
    server::run(&options, limits, open).unwrap_or_else(|error| {
        log(format_args!("{error}"));
        ExitCode::FAILURE
    })
}
