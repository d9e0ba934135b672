//! The runtime, and the signals that end a program.

use std::future::Future;
use std::io;
use std::process::ExitCode;
use tokio::runtime::Builder;
use tokio::signal::unix::{signal, Signal, SignalKind};

/// SIGTERM and SIGINT, which ask for an orderly end.
pub struct Stops {
    term: Signal,
    interrupt: Signal,
}

impl Stops {
    pub fn new() -> io::Result<Stops> {
        Ok(Stops {
            term: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns at the next one. Cancel safe: none is lost if it is dropped before.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Runs a program to its end. An error is told, and is a failure.
pub fn run(program: impl Future<Output = io::Result<ExitCode>>) -> ExitCode {
{{#timer_wheel|file_watcher}}
    let runtime = Builder::new_current_thread().enable_all().build();
{{/timer_wheel|file_watcher}}
{{^timer_wheel|file_watcher}}
    let runtime = Builder::new_multi_thread().enable_all().build();
{{/timer_wheel|file_watcher}}
    let result = runtime.and_then(|runtime| {
        let result = runtime.block_on(program);
        runtime.shutdown_background(); // who did not end in time is not waited for
        result
    });
    result.unwrap_or_else(|error| {
        eprintln!("{{name}}: {error}");
        ExitCode::FAILURE
    })
}
