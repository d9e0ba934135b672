//! {{name}}: tells what changes in a directory and below it, on Tokio.

mod program;
mod tree;
mod watcher;

use program::Stops;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::process::ExitCode;
use watcher::Watcher;

async fn serve(directory: PathBuf) -> io::Result<ExitCode> {
    let mut stops = Stops::new()?;
    let mut watcher = Watcher::new(directory)?;
    tokio::select! {
        result = watcher.run(tokio::io::stdout()) => match result {
            // Whoever has read, as head does, has what it wanted.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            result => result?,
        },
        _ = stops.next() => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    const USAGE: &str = "usage: {{name}} DIRECTORY";
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [argument] = &arguments[..] else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let directory = PathBuf::from(argument);
    if directory.is_dir() {
        return program::run(serve(directory));
    }
    if argument == "--help" {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    eprintln!("{{name}}: {} is no directory; {USAGE}", directory.display());
    ExitCode::from(2)
}
